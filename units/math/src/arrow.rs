//! Tables as Arrow writes them, in a file or a stream, read as packed numbers: row by row, in each row the columns one after
//! the other, and the numbers of a list of fixed size in their order.
//!
//! Reads no further than the bytes that are there, and refuses what is no number: nulls, texts, dictionaries, what is
//! compressed. Messages are found here, since their lengths are not to be trusted; only what is in their heads is left to
//! the library, which checks it.

use arrow_ipc::{
    Buffer, Field, FieldNode, FixedSizeList, FloatingPoint, Int, Message, MessageHeader, Precision, RecordBatch,
    Type as Kind,
};
use inos_unit::{Fault, Host};

use crate::number::Type;

/// What a file begins with; a stream follows it.
const FILE: &[u8] = b"ARROW1\0\0";
/// What a message begins with, and how many bytes there are until its head.
const MESSAGE: &[u8] = &[0xff; 4];
/// The most numbers of one list.
const LIST_LEN_MAX: usize = 65_536;
/// How many rows are read between two looks at the host.
const STEP_COUNT: usize = 1 << 16;

/// Whether an input is a table: numbers that happen to look like one are none, since a whole schema would have to follow.
pub(crate) fn is_table(bytes: &[u8]) -> bool {
    bytes.starts_with(FILE)
        || matches!(next(&mut &*bytes), Ok(Some((message, _))) if message.header_as_schema().is_some())
}

/// Whether what begins so may be a table.
pub(crate) fn may_be_table(head: &[u8]) -> bool {
    head.starts_with(FILE) || head.starts_with(MESSAGE)
}

/// The numbers of a table, packed; at most so many bytes. What is wrong is said of input `index`.
pub(crate) fn packed(
    bytes: &[u8],
    number: Type,
    bytes_max: u64,
    index: usize,
    host: &dyn Host,
) -> Result<Vec<u8>, Fault> {
    let wrong = |why: String| Fault::invalid(format!("/inputs/{index}"), format!("this table of Arrow's {why}"));
    let mut rest = bytes.strip_prefix(FILE).map_or(bytes, after_padding);
    let Some((message, _)) = next(&mut rest).map_err(wrong)? else { return Err(wrong("is empty".into())) };
    let schema = message.header_as_schema().ok_or_else(|| wrong("does not begin with its schema".into()))?;
    if schema.endianness() != arrow_ipc::Endianness::Little {
        return Err(wrong("is not little-endian".into()));
    }
    let fields = schema.fields().ok_or_else(|| wrong("has no columns".into()))?;
    let columns: Vec<Column> =
        fields.iter().map(|field| Column::of(&field)).collect::<Result<_, _>>().map_err(wrong)?;
    let width = columns.iter().map(|column| column.width).sum::<usize>();
    if width == 0 {
        return Err(wrong("has no columns".into()));
    }
    let mut numbers = Vec::new();
    while let Some((message, body)) = next(&mut rest).map_err(wrong)? {
        let batch = match message.header_type() {
            MessageHeader::RecordBatch => message.header_as_record_batch(),
            _ => None,
        };
        let batch = batch.ok_or_else(|| wrong("has messages other than rows".into()))?;
        let rows = usize::try_from(batch.length()).map_err(|_| wrong("has a batch of fewer than no rows".into()))?;
        let more = (rows as u64).saturating_mul(width as u64).saturating_mul(number.len() as u64);
        let total = more.saturating_add(numbers.len() as u64);
        if total > bytes_max {
            return Err(Fault::limit(bytes_max, format!("a table of Arrow's that is {total} bytes of packed numbers")));
        }
        let parts = Parts::new(&batch, body)
            .and_then(|mut parts| columns.iter().map(|column| parts.next(column, rows)).collect::<Result<Vec<_>, _>>());
        let parts = parts.map_err(wrong)?;
        let begin = numbers.len();
        numbers.resize(total as usize, 0);
        fill(&columns, &parts, number, &mut numbers[begin..], host)?;
    }
    Ok(numbers)
}

/// What follows the zeros with which writers fill the beginning of a file, eight at a time.
fn after_padding(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.as_chunks::<8>().0.iter().take_while(|bytes| **bytes == [0; 8]).count();
    &bytes[zeros * 8..]
}

/// Takes a message with its body from the front; none at the end. Says what is wrong with it.
fn next<'b>(rest: &mut &'b [u8]) -> Result<Option<(Message<'b>, &'b [u8])>, String> {
    let cut = || String::from("ends in the middle of a message");
    let Some(after) = rest.strip_prefix(MESSAGE) else {
        // A stream may end without saying so.
        return if rest.is_empty() { Ok(None) } else { Err("has something that is no message".into()) };
    };
    let (len, after) = after.split_first_chunk::<4>().ok_or_else(cut)?;
    let len = usize::try_from(i32::from_le_bytes(*len)).map_err(|_| cut())?;
    if len == 0 {
        return Ok(None);
    }
    let (head, after) = after.split_at_checked(len).ok_or_else(cut)?;
    let message = arrow_ipc::root_as_message(head).map_err(|_| "has a message that is none".to_owned())?;
    let body_len = usize::try_from(message.bodyLength()).map_err(|_| cut())?;
    let (body, after) = after.split_at_checked(body_len).ok_or_else(cut)?;
    *rest = after;
    Ok(Some((message, body)))
}

/// How a number is written in a column.
#[derive(Clone, Copy)]
enum Written {
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
}

/// A column: so many numbers in each row.
struct Column {
    name: String,
    written: Written,
    width: usize,
    is_list: bool,
}

impl Column {
    fn of(field: &Field<'_>) -> Result<Self, String> {
        let name: String = field.name().unwrap_or_default().chars().take(60).collect();
        let unfit = || format!("has a column {name:?} that is neither of numbers nor of lists of so many numbers");
        if field.dictionary().is_some() {
            return Err(unfit());
        }
        if let Some(written) = written(field) {
            return Ok(Self { name, written, width: 1, is_list: false });
        }
        let list: FixedSizeList<'_> = field.type_as_fixed_size_list().ok_or_else(unfit)?;
        let children = field.children().filter(|children| children.len() == 1).ok_or_else(unfit)?;
        let written = written(&children.get(0)).ok_or_else(unfit)?;
        let width = usize::try_from(list.listSize()).ok().filter(|width| (1..=LIST_LEN_MAX).contains(width));
        Ok(Self { written, width: width.ok_or_else(unfit)?, is_list: true, name })
    }
}

fn written(field: &Field<'_>) -> Option<Written> {
    match field.type_type() {
        Kind::Int => {
            let int: Int<'_> = field.type_as_int()?;
            Some(match (int.bitWidth(), int.is_signed()) {
                (8, true) => Written::I8,
                (16, true) => Written::I16,
                (32, true) => Written::I32,
                (64, true) => Written::I64,
                (8, false) => Written::U8,
                (16, false) => Written::U16,
                (32, false) => Written::U32,
                (64, false) => Written::U64,
                _ => return None,
            })
        }
        Kind::FloatingPoint => {
            let float: FloatingPoint<'_> = field.type_as_floating_point()?;
            match float.precision() {
                Precision::SINGLE => Some(Written::F32),
                Precision::DOUBLE => Some(Written::F64),
                _ => None,
            }
        }
        _ => None,
    }
}

impl Written {
    /// Bytes of one number.
    const fn len(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    /// Reads as many numbers as `into` has from the front of `bytes`.
    fn read(self, bytes: &[u8], into: &mut [f64]) {
        macro_rules! numbers {
            ($number:ty) => {
                for (number, bytes) in into.iter_mut().zip(bytes.as_chunks::<{ size_of::<$number>() }>().0) {
                    *number = <$number>::from_le_bytes(*bytes) as f64;
                }
            };
        }
        match self {
            Self::I8 => numbers!(i8),
            Self::I16 => numbers!(i16),
            Self::I32 => numbers!(i32),
            Self::I64 => numbers!(i64),
            Self::U8 => numbers!(u8),
            Self::U16 => numbers!(u16),
            Self::U32 => numbers!(u32),
            Self::U64 => numbers!(u64),
            Self::F32 => numbers!(f32),
            Self::F64 => numbers!(f64),
        }
    }
}

/// What a batch consists of, in the order of its columns.
struct Parts<'b> {
    nodes: std::vec::IntoIter<FieldNode>,
    buffers: std::vec::IntoIter<Buffer>,
    body: &'b [u8],
}

impl<'b> Parts<'b> {
    fn new(batch: &RecordBatch<'b>, body: &'b [u8]) -> Result<Self, String> {
        if batch.compression().is_some() {
            return Err("is compressed; write it without".into());
        }
        let nodes = batch.nodes().ok_or("has rows without columns")?;
        let buffers = batch.buffers().ok_or("has rows without columns")?;
        let nodes: Vec<FieldNode> = nodes.iter().copied().collect();
        let buffers: Vec<Buffer> = buffers.iter().copied().collect();
        Ok(Self { nodes: nodes.into_iter(), buffers: buffers.into_iter(), body })
    }

    /// The bytes of the next column's numbers.
    fn next(&mut self, column: &Column, rows: usize) -> Result<&'b [u8], String> {
        let name = &column.name;
        if column.is_list {
            self.node(name, rows)?;
        }
        let count = rows.checked_mul(column.width).ok_or_else(|| format!("has a column {name:?} that is too long"))?;
        self.node(name, count)?;
        let buffer = self.buffers.next();
        let part = buffer.and_then(|buffer| {
            let begin = usize::try_from(buffer.offset()).ok()?;
            let end = begin.checked_add(usize::try_from(buffer.length()).ok()?)?;
            self.body.get(begin..end)?.get(..count.checked_mul(column.written.len())?)
        });
        part.ok_or_else(|| format!("has fewer numbers in column {name:?} than it says"))
    }

    /// Passes by a node with so many values, none of which is null, and the bits that say so.
    fn node(&mut self, name: &str, count: usize) -> Result<(), String> {
        let node = self.nodes.next().filter(|node| u64::try_from(node.length()) == Ok(count as u64));
        let node = node.ok_or_else(|| format!("has another number of rows in column {name:?} than it says"))?;
        if node.null_count() != 0 {
            return Err(format!("has {} nulls in column {name:?}, and a null is no number", node.null_count()));
        }
        self.buffers.next().map(|_| ()).ok_or_else(|| format!("has no column {name:?} where its schema has one"))
    }
}

/// Writes the numbers of all columns, row by row.
fn fill(columns: &[Column], parts: &[&[u8]], number: Type, into: &mut [u8], host: &dyn Host) -> Result<(), Fault> {
    let row_len = columns.iter().map(|column| column.width).sum::<usize>() * number.len();
    let mut at = 0;
    let mut numbers = Vec::new();
    for (column, part) in columns.iter().zip(parts) {
        let (from, to) = (column.width * column.written.len(), column.width * number.len());
        let step = (STEP_COUNT / column.width).max(1);
        numbers.resize(step * column.width, 0.0);
        for (part, into) in part.chunks(step * from).zip(into.chunks_mut(step * row_len)) {
            host.check()?;
            let numbers = &mut numbers[..part.len() / column.written.len()];
            column.written.read(part, numbers);
            for (numbers, row) in numbers.chunks_exact(column.width).zip(into.chunks_exact_mut(row_len)) {
                number.write(numbers, &mut row[at..at + to]);
            }
        }
        at += to;
    }
    Ok(())
}
