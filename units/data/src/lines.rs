//! CSV files that are read by several threads from places that are known to begin a line. The engine's own way takes the next
//! line break for one, which may lie within quotes.

use std::{collections::HashMap, sync::Arc};

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::{
    catalog::Session,
    common::{Result, Statistics},
    datasource::{
        file_format::{FileFormat, csv::CsvFormat, file_compression_type::FileCompressionType},
        listing::PartitionedFile,
        physical_plan::{FileGroup, FileScanConfig, FileScanConfigBuilder, FileSource},
        table_schema::TableSchema,
    },
    physical_plan::ExecutionPlan,
};
use object_store::{ObjectMeta, ObjectStore, path::Path};

/// Files with the places at which they are cut.
#[derive(Debug)]
pub(crate) struct Lines {
    csv: CsvFormat,
    cuts: HashMap<Path, Vec<usize>>,
    threads: usize,
}

impl Lines {
    /// Reads files as `csv` does, in parts where there are cuts.
    pub(crate) fn new(csv: CsvFormat, cuts: HashMap<Path, Vec<usize>>, threads: usize) -> Self {
        // So that nobody cuts them elsewhere.
        Self { csv: csv.with_newlines_in_values(true), cuts, threads }
    }

    /// The parts of a file.
    fn parts(&self, file: PartitionedFile) -> Vec<PartitionedFile> {
        let cuts = self.cuts.get(&file.object_meta.location).map(Vec::as_slice).unwrap_or_default();
        if cuts.is_empty() {
            return vec![file];
        }
        let ends = cuts.iter().map(|cut| *cut as i64).chain([file.object_meta.size as i64]);
        let mut from = 0;
        ends.map(|end| file.clone().with_range(std::mem::replace(&mut from, end), end)).collect()
    }

    /// The parts of these files, dealt out so that each group has about as much to read.
    fn groups(&self, groups: Vec<FileGroup>) -> Vec<FileGroup> {
        let files = groups.into_iter().flat_map(FileGroup::into_inner);
        let mut parts: Vec<PartitionedFile> = files.flat_map(|file| self.parts(file)).collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.effective_size()));
        let mut dealt = vec![(0, Vec::new()); self.threads.clamp(1, parts.len().max(1))];
        for part in parts {
            if let Some(least) = dealt.iter_mut().min_by_key(|(len, _)| *len) {
                least.0 += part.effective_size();
                least.1.push(part);
            }
        }
        dealt.into_iter().map(|(_, parts)| FileGroup::new(parts)).collect()
    }
}

#[async_trait]
impl FileFormat for Lines {
    fn get_ext(&self) -> String {
        self.csv.get_ext()
    }

    fn get_ext_with_compression(&self, compression: &FileCompressionType) -> Result<String> {
        self.csv.get_ext_with_compression(compression)
    }

    fn compression_type(&self) -> Option<FileCompressionType> {
        self.csv.compression_type()
    }

    async fn infer_schema(
        &self,
        session: &dyn Session,
        store: &Arc<dyn ObjectStore>,
        objects: &[ObjectMeta],
    ) -> Result<SchemaRef> {
        self.csv.infer_schema(session, store, objects).await
    }

    async fn infer_stats(
        &self,
        session: &dyn Session,
        store: &Arc<dyn ObjectStore>,
        schema: SchemaRef,
        object: &ObjectMeta,
    ) -> Result<Statistics> {
        self.csv.infer_stats(session, store, schema, object).await
    }

    async fn create_physical_plan(
        &self,
        session: &dyn Session,
        scan: FileScanConfig,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let groups = self.groups(scan.file_groups.clone());
        self.csv.create_physical_plan(session, FileScanConfigBuilder::from(scan).with_file_groups(groups).build()).await
    }

    fn file_source(&self, schema: TableSchema) -> Arc<dyn FileSource> {
        self.csv.file_source(schema)
    }
}
