//! One operation over one value or over many: operands from parameters hold for all, packed ones come from the inputs.
//!
//! One result is JSON, many are packed. A result never depends on the number of threads: each is computed by itself.

use inos_unit::{Call, Fault, Foreseen, Host, Inputs, Output, Params, Sight};
use serde_json::{Map, Value};

use crate::number::{Type, finite};
use crate::op::{BYTES_MAX, OPERANDS_MAX, Op, WIDTH_MAX, part_width};

/// How many results are computed between two conversions; what they need lies in the processor's cache.
const BLOCK_COUNT: usize = 512;
/// How many bytes each thread reads and writes between two looks at the host: about 3 ms.
const STRETCH_BYTES: usize = 4 << 20;
/// The same where an operation goes straight from bytes to bytes.
const STRAIGHT_STRETCH_BYTES: usize = 32 << 20;
/// The most threads of one job.
const THREADS_MAX: usize = 16;
/// A thread more is not worth waking for fewer bytes than this.
const THREAD_BYTES_MIN: usize = 256 << 10;
/// The dimension of packed vectors unless a parameter says otherwise.
const DIMENSION: usize = 3;

/// Where the values of one operand come from.
enum Origin {
    /// The same value for all.
    Given(Vec<f64>),
    /// Packed in an input.
    Packed(Layout),
}

/// How values lie in an input.
struct Layout {
    input: usize,
    width: usize,
    number: Type,
    stride: usize,
    offset: usize,
}

/// Takes a matrix and the bytes of values, and fills the bytes of results.
type Straight = fn(&[f64], &[u8], &mut [u8]);

/// Everything that is the same for all results of a job.
struct Plan<'a> {
    op: &'a Op,
    origins: Vec<Origin>,
    number: Type,
    dimension: usize,
}

/// Runs an operation as its parameters and inputs ask.
pub(crate) fn run(op: &Op, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let plan = Plan::new(op, call.params, call.inputs.count())?;
    if call.inputs.count() == 0 {
        let answer = plan.one()?;
        return write_json(&answer, call.output);
    }
    let count = plan.count(call.inputs)?;
    plan.many(count, call, host)
}

/// How much is written where operands come packed.
pub(crate) fn foresee(op: &Op, params: &Params, inputs: &[Sight<'_>]) -> Option<Foreseen> {
    let plan = Plan::new(op, params, inputs.len()).ok()?;
    let layout = plan.layouts().next()?;
    let count = inputs[0].bytes / layout.stride as u64;
    Some(Foreseen::exactly(count.saturating_mul((op.result_width(plan.dimension) * plan.number.len()) as u64)))
}

/// Writes a value as the only output.
pub(crate) fn write_json(value: &Value, output: &mut dyn Output) -> Result<(), Fault> {
    output.begin("application/json")?;
    output.write(value.to_string().as_bytes())
}

/// Numbers of a parameter that has passed its schema.
fn given(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_f64).collect(),
        other => other.as_f64().into_iter().collect(),
    }
}

fn list(params: &Params, name: &str, index: usize) -> Option<usize> {
    let number = params.get(name)?.get(index)?.as_f64()?;
    Some(number as usize)
}

impl<'a> Plan<'a> {
    fn new(op: &'a Op, params: &Params, inputs: usize) -> Result<Self, Fault> {
        let number = Type::of(params);
        let dimension = dimension(op, params)?;
        let mut origins = Vec::with_capacity(op.takes.len());
        let mut input = 0;
        for operand in op.takes {
            origins.push(match params.get(operand.name) {
                Some(value) => Origin::Given(given(value)),
                None => {
                    let layout = Layout::new(params, number, operand.width.unwrap_or(dimension), input)?;
                    input += 1;
                    Origin::Packed(layout)
                }
            });
        }
        if input != inputs {
            let message = format!("{input} operands are in no parameter, and there are {inputs} inputs");
            return Err(Fault::invalid("/inputs", message));
        }
        Ok(Self { op, origins, number, dimension })
    }

    fn one(&self) -> Result<Value, Fault> {
        let mut operands: [&[f64]; OPERANDS_MAX] = [&[]; OPERANDS_MAX];
        for (operand, origin) in operands.iter_mut().zip(&self.origins) {
            if let Origin::Given(numbers) = origin {
                *operand = numbers;
            }
        }
        let mut result = [0.0; WIDTH_MAX];
        let result = &mut result[..self.op.result_width(self.dimension)];
        (self.op.run)(&operands[..self.origins.len()], result)
            .map_err(|(at, why)| Fault::invalid(format!("/params/{}", self.op.takes[at].name), why))?;
        let mut parts = Map::new();
        let mut rest: &[f64] = result;
        for (name, width) in self.op.gives {
            let (part, others) = rest.split_at(part_width(*width, self.dimension));
            rest = others;
            let value = match part {
                [number] => finite(*number, "/params")?,
                numbers => Value::Array(numbers.iter().map(|n| finite(*n, "/params")).collect::<Result<_, _>>()?),
            };
            parts.insert((*name).to_owned(), value);
        }
        Ok(Value::Object(parts))
    }

    fn layouts(&self) -> impl Iterator<Item = &Layout> {
        self.origins.iter().filter_map(|origin| match origin {
            Origin::Packed(layout) => Some(layout),
            Origin::Given(_) => None,
        })
    }

    /// How many results there are: as many as each input has values.
    fn count(&self, inputs: &mut dyn Inputs) -> Result<usize, Fault> {
        let mut count = None;
        for layout in self.layouts() {
            let bytes = inputs.get(layout.input)?.slice()?.len();
            let here = layout.count(bytes)?;
            if count.is_some_and(|count| count != here) {
                let message = format!("has {here} values where the inputs before have {}", count.unwrap_or_default());
                return Err(Fault::invalid(format!("/inputs/{}", layout.input), message));
            }
            count = Some(here);
        }
        Ok(count.unwrap_or_default())
    }

    fn many(&self, count: usize, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        let result_len = self.op.result_width(self.dimension) * self.number.len();
        let total = count as u64 * result_len as u64;
        if total > BYTES_MAX {
            return Err(Fault::limit(BYTES_MAX, format!("{count} results would be {total} bytes of output")));
        }
        call.output.begin("application/octet-stream")?;
        call.output.expect(total)?;
        let value_len = result_len + self.layouts().map(|layout| layout.stride).sum::<usize>();
        let threads = host.threads().min(THREADS_MAX);
        let stretch_bytes = if self.straight().is_some() { STRAIGHT_STRETCH_BYTES } else { STRETCH_BYTES };
        let stretch = (stretch_bytes * threads / value_len).max(BLOCK_COUNT);
        let mut inputs = Vec::new();
        for layout in self.layouts() {
            inputs.push(call.inputs.get(layout.input)?.bytes()?);
        }
        let mut unanswered = 0;
        let mut done = 0;
        while done < count {
            host.check()?;
            host.progress(done as u64, count as u64);
            let here = stretch.min(count - done);
            let parts: Vec<&[u8]> =
                self.layouts().zip(&inputs).map(|(layout, bytes)| layout.part(bytes, done, here)).collect();
            let room = call.output.room(here * result_len)?;
            let threads = threads.min(here * value_len / THREAD_BYTES_MIN).max(1);
            unanswered += self.stretch(&parts, room, here.div_ceil(threads));
            done += here;
        }
        if unanswered > 0 {
            host.log(&format!("{unanswered} of {count} values have no answer, and their results are NaN"));
        }
        Ok(())
    }

    /// Computes a stretch of results into `room`, `share` of them by each thread; says how many have no answer.
    fn stretch(&self, parts: &[&[u8]], room: &mut [u8], share: usize) -> usize {
        let result_len = self.op.result_width(self.dimension) * self.number.len();
        std::thread::scope(|scope| {
            let mut shares = room.chunks_mut(share.max(1) * result_len).enumerate();
            let Some((_, own)) = shares.next() else { return 0 };
            let others: Vec<_> =
                shares.map(|(index, room)| scope.spawn(move || self.share(parts, index * share, room))).collect();
            let own = self.share(parts, 0, own);
            own + others
                .into_iter()
                .map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .sum::<usize>()
        })
    }

    fn share(&self, parts: &[&[u8]], begin: usize, room: &mut [u8]) -> usize {
        if let Some((run, matrix, layout)) = self.straight() {
            run(matrix, &parts[layout.input][begin * layout.stride..], room);
            return 0;
        }
        let width = self.op.result_width(self.dimension);
        let mut blocks: Vec<Vec<f64>> = self
            .origins
            .iter()
            .map(|origin| match origin {
                Origin::Given(numbers) => numbers.clone(),
                Origin::Packed(layout) => vec![0.0; layout.width * BLOCK_COUNT],
            })
            .collect();
        let mut results = vec![0.0; width * BLOCK_COUNT];
        let mut unanswered = 0;
        for (index, room) in room.chunks_mut(BLOCK_COUNT * width * self.number.len()).enumerate() {
            let count = room.len() / (width * self.number.len());
            let at = begin + index * BLOCK_COUNT;
            for (origin, block) in self.origins.iter().zip(&mut blocks) {
                if let Origin::Packed(layout) = origin {
                    layout.read(parts[layout.input], at, &mut block[..count * layout.width]);
                }
            }
            unanswered += self.block(&blocks, &mut results[..count * width]);
            self.number.write(&results[..count * width], room);
        }
        unanswered
    }

    /// What computes from bytes to bytes, where the operation has such a version for these operands and how they lie: then
    /// every result has an answer.
    fn straight(&self) -> Option<(Straight, &[f64], &Layout)> {
        let [Origin::Given(matrix), Origin::Packed(layout)] = &*self.origins else { return None };
        if self.number != Type::F32 || layout.width != 3 || layout.stride != 3 * self.number.len() {
            return None;
        }
        match self.op.name {
            "vector_transform_point" if crate::vectors::is_affine(matrix) => {
                Some((crate::transform::packed_points, matrix, layout))
            }
            "vector_transform_direction" => Some((crate::transform::packed_directions, matrix, layout)),
            _ => None,
        }
    }

    /// Computes one block of results; what has no answer becomes NaN and is counted.
    fn block(&self, blocks: &[Vec<f64>], results: &mut [f64]) -> usize {
        if let Some(unanswered) = self.fast(blocks, results) {
            return unanswered;
        }
        let mut unanswered = 0;
        for (index, result) in results.chunks_exact_mut(self.op.result_width(self.dimension)).enumerate() {
            let mut operands: [&[f64]; OPERANDS_MAX] = [&[]; OPERANDS_MAX];
            for ((operand, origin), block) in operands.iter_mut().zip(&self.origins).zip(blocks) {
                *operand = match origin {
                    Origin::Given(numbers) => numbers,
                    Origin::Packed(layout) => &block[index * layout.width..(index + 1) * layout.width],
                };
            }
            if (self.op.run)(&operands[..self.origins.len()], result).is_err() {
                result.fill(f64::NAN);
                unanswered += 1;
            }
        }
        unanswered
    }

    /// The same in vector instructions, where the operation has such a version for these operands.
    fn fast(&self, blocks: &[Vec<f64>], results: &mut [f64]) -> Option<usize> {
        match (self.op.name, &*self.origins) {
            ("vector_transform_point", [Origin::Given(matrix), Origin::Packed(_)]) => {
                Some(crate::transform::points(matrix, &blocks[1], results))
            }
            ("vector_transform_direction", [Origin::Given(matrix), Origin::Packed(_)]) => {
                crate::transform::directions(matrix, &blocks[1], results);
                Some(0)
            }
            ("vector_normalize", [Origin::Packed(layout)]) => Some(match layout.width {
                2 => crate::transform::units::<2>(&blocks[0], results),
                3 => crate::transform::units::<3>(&blocks[0], results),
                _ => crate::transform::units::<4>(&blocks[0], results),
            }),
            _ => None,
        }
    }
}

/// How many numbers the vectors of a call have.
fn dimension(op: &Op, params: &Params) -> Result<usize, Fault> {
    let asked = params.get("dimension").and_then(Value::as_f64).map(|number| number as usize);
    let mut known = asked;
    for operand in op.takes.iter().filter(|operand| operand.width.is_none()) {
        let Some(here) = params.get(operand.name).and_then(Value::as_array).map(Vec::len) else { continue };
        if known.is_some_and(|known| known != here) {
            let message = format!("has {here} numbers where {} are wanted", known.unwrap_or_default());
            return Err(Fault::invalid(format!("/params/{}", operand.name), message));
        }
        known = Some(here);
    }
    Ok(known.unwrap_or(DIMENSION))
}

impl Layout {
    fn new(params: &Params, number: Type, width: usize, input: usize) -> Result<Self, Fault> {
        let offset = list(params, "offsets", input).unwrap_or(0);
        let stride = list(params, "strides", input).unwrap_or(offset + width * number.len());
        if offset + width * number.len() > stride {
            let message = format!("{width} numbers from byte {offset} on do not fit into {stride} bytes");
            return Err(Fault::invalid(format!("/params/strides/{input}"), message));
        }
        Ok(Self { input, width, number, stride, offset })
    }

    fn count(&self, bytes: usize) -> Result<usize, Fault> {
        if bytes.is_multiple_of(self.stride) {
            return Ok(bytes / self.stride);
        }
        let message = format!("{bytes} bytes are no whole number of values, which are {} bytes each", self.stride);
        Err(Fault::invalid(format!("/inputs/{}", self.input), message))
    }

    /// The bytes of `count` values from `begin` on.
    fn part<'b>(&self, bytes: &'b [u8], begin: usize, count: usize) -> &'b [u8] {
        &bytes[begin * self.stride..(begin + count) * self.stride]
    }

    /// Reads values from `begin` on, as many as `into` has room for.
    fn read(&self, bytes: &[u8], begin: usize, into: &mut [f64]) {
        let bytes = &bytes[begin * self.stride..];
        if self.stride == self.width * self.number.len() {
            return self.number.read(bytes, into);
        }
        for (value, bytes) in into.chunks_exact_mut(self.width).zip(bytes.chunks_exact(self.stride)) {
            self.number.read(&bytes[self.offset..], value);
        }
    }
}
