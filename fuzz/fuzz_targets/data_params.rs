//! Any JSON as parameters of each method: it does what they say, or refuses them. The first byte says which method.
#![no_main]

use inos_data::Data;
use inos_unit::{
    Fault, Unit,
    testing::{Quiet, run},
};
use libfuzzer_sys::fuzz_target;

const SALES: &[u8] = b"city,amount\nBern,3\nOslo,4.5\nBern,\n";

fuzz_target!(|bytes: &[u8]| {
    let Some((first, text)) = bytes.split_first() else { return };
    let Ok(params) = serde_json::from_slice(text) else { return };
    let unit = Data::new();
    let methods = &unit.spec().methods;
    let method = methods[usize::from(*first) % methods.len()].name;
    // Statements may be valid and endless: looks at the host end them.
    let host = Quiet { cancel_after: Some(200.into()), ..Quiet::default() };
    match run(&unit, method, params, &[SALES], 1 << 20, &host) {
        Ok(_) | Err(Fault::Invalid { .. } | Fault::Limit { .. } | Fault::Cancelled) => {}
        Err(other) => panic!("{method}: {other:?}"),
    }
});
