//! Any bytes as what a cell says, which may have been taken over by its input, and as what it is told: they are read or
//! refused, and what was read is written as it is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;

// The crate shows its messages to nobody else.
#[allow(dead_code)]
#[path = "../../server/sandbox/src/message.rs"]
mod message;

use message::{Order, Said, Task};

fuzz_target!(|bytes: &[u8]| {
    if let Some(said) = Said::read(bytes) {
        assert_eq!(Said::read(&said.bytes()), Some(said));
    }
    if let Some(order) = Order::read(bytes) {
        assert_eq!(Order::read(&order.bytes()), Some(order));
    }
    let _ = serde_json::from_slice::<Task>(bytes);
});
