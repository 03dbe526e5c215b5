//! Any JSON as parameters of each method: it does what they say, or refuses them. The first byte says which method.
#![no_main]

use inos_data::Data;
use inos_unit::{
    Fault, Unit,
    testing::{Quiet, run},
};
use libfuzzer_sys::fuzz_target;

const SALES: &[u8] = b"city,amount\nBern,3\nOslo,4.5\nBern,\n";

// Readers of files with a layout may panic where it is wrong, which the unit makes a refusal: only what it lets out counts.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |bytes: &[u8]| {
    let Some((first, text)) = bytes.split_first() else { return };
    let Ok(params) = serde_json::from_slice(text) else { return };
    let unit = Data::new();
    let methods = &unit.spec().methods;
    let method = methods[usize::from(*first) % methods.len()].name;
    // Statements may be valid and endless: looks at the host end them.
    let host = Quiet { cancel_after: Some(200.into()), ..Quiet::default() };
    match run(&unit, method, params, &[SALES], 1 << 20, &host) {
        Ok(_) | Err(Fault::Invalid { .. } | Fault::Limit { .. } | Fault::Cancelled) => {}
        // What the schema would have refused before: nobody looked at it here.
        Err(Fault::Broken(why)) if why.starts_with("schema and parameters disagree") => {}
        Err(other) => panic!("{method}: {other:?}"),
    }
});
