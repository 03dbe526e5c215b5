//! A job's inputs as an object store: ranges of memory that is there already, under paths that the job's tables have. Never
//! copies, never writes, and knows no other store.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use datafusion::{
    common::{DataFusionError, Result as Outcome},
    execution::object_store::ObjectStoreRegistry,
};
use futures_util::{StreamExt, stream, stream::BoxStream};
use object_store::{
    Attributes, CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, path::Path,
};

/// Where tables lie.
pub(crate) const ROOT: &str = "inos://job/";
/// The most bytes that a stream gives at once, so that whoever reads comes to its checks.
const CHUNK_LEN: usize = 1 << 20;

/// Files in memory.
#[derive(Debug, Default)]
pub(crate) struct Files {
    files: BTreeMap<Path, Bytes>,
    read: AtomicU64,
}

impl Files {
    /// These files.
    pub(crate) fn new(files: BTreeMap<Path, Bytes>) -> Self {
        Self { files, read: AtomicU64::new(0) }
    }

    /// How many bytes were read so far; what is read twice counts twice.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.read.load(Relaxed)
    }

    /// How many bytes there are.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.values().map(|bytes| bytes.len() as u64).sum()
    }

    /// The file of this path.
    pub(crate) fn get(&self, path: &Path) -> Option<&Bytes> {
        self.files.get(path)
    }

    /// All paths below this one.
    pub(crate) fn below(&self, prefix: &Path) -> Vec<ObjectMeta> {
        let files = self.files.iter().filter(|(path, _)| path.prefix_matches(prefix));
        files.map(|(path, bytes)| meta(path, bytes)).collect()
    }

    fn find(&self, path: &Path) -> Result<&Bytes> {
        self.files.get(path).ok_or_else(|| Error::NotFound { path: path.to_string(), source: "no such input".into() })
    }

    fn part(&self, path: &Path, range: Range<u64>) -> Result<Bytes> {
        let bytes = self.find(path)?;
        let at = |place: u64| usize::try_from(place).ok().filter(|place| *place <= bytes.len());
        match (at(range.start), at(range.end)) {
            (Some(start), Some(end)) if start <= end => {
                self.read.fetch_add((end - start) as u64, Relaxed);
                Ok(bytes.slice(start..end))
            }
            _ => Err(refused(format!("bytes {} to {} of {} were asked for", range.start, range.end, bytes.len()))),
        }
    }
}

fn refused(why: String) -> Error {
    Error::Generic { store: "inputs", source: why.into() }
}

fn meta(path: &Path, bytes: &Bytes) -> ObjectMeta {
    ObjectMeta {
        location: path.clone(),
        last_modified: Default::default(),
        size: bytes.len() as u64,
        e_tag: None,
        version: None,
    }
}

impl fmt::Display for Files {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("inputs")
    }
}

fn read_only<T>() -> Result<T> {
    Err(Error::NotImplemented { operation: "writing".into(), implementer: "inputs".into() })
}

#[async_trait]
impl ObjectStore for Files {
    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let whole = self.find(path)?;
        let len = whole.len() as u64;
        let range = match options.range {
            None => 0..len,
            Some(GetRange::Bounded(range)) => range.start..range.end.min(len),
            Some(GetRange::Offset(start)) => start..len,
            Some(GetRange::Suffix(last)) => len.saturating_sub(last)..len,
        };
        let mut rest = if options.head { Bytes::new() } else { self.part(path, range.clone())? };
        let chunks = std::iter::from_fn(move || {
            let chunk = rest.split_to(rest.len().min(CHUNK_LEN));
            (!chunk.is_empty()).then_some(Ok(chunk))
        });
        let payload = GetResultPayload::Stream(stream::iter(chunks).boxed());
        Ok(GetResult { payload, meta: meta(path, whole), range, attributes: Attributes::default() })
    }

    // Nothing is gained by reading several at once where nothing is copied.
    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        ranges.iter().map(|range| self.part(path, range.clone())).collect()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let found = self.below(prefix.unwrap_or(&Path::default()));
        stream::iter(found.into_iter().map(Ok)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let objects = self.below(prefix.unwrap_or(&Path::default()));
        Ok(ListResult { common_prefixes: Vec::new(), objects })
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        read_only()
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        read_only()
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        stream::once(async { read_only() }).boxed()
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        read_only()
    }
}

/// The only store of a job. The library's own registry has one for the files of the machine from the start.
#[derive(Debug)]
pub(crate) struct Only(pub(crate) Arc<Files>);

impl ObjectStoreRegistry for Only {
    fn register_store(&self, _: &url::Url, _: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        // Nobody asks for it; and what is not remembered cannot be reached.
        None
    }

    fn get_store(&self, url: &url::Url) -> Outcome<Arc<dyn ObjectStore>> {
        if url.scheme() == "inos" && url.host_str() == Some("job") {
            return Ok(self.0.clone());
        }
        Err(DataFusionError::Plan("only the job's inputs can be read".into()))
    }
}
