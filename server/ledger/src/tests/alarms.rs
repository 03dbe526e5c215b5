//! Who asked to hear when little is left hears it once each time that it comes to that.

use std::sync::{Arc, Mutex};

use super::{on_both, place::*};
use crate::LowBalance;

on_both![a_low_balance_is_told_once_until_it_was_higher_again];

async fn a_low_balance_is_told_once_until_it_was_higher_again(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 100).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = heard.clone();
    ledger.on_low_balance(move |low: LowBalance| told.lock().unwrap().push((low.account, low.available.get())));
    let look = async || {
        ledger.0.shared.look_at_balance(&purse).await.unwrap();
        std::mem::take(&mut *heard.lock().unwrap())
    };
    pay(&ledger, &purse, 10).await;
    assert_eq!(look().await, [], "nobody asked");
    ledger.set_low_balance(one, Some(credits(50))).await.unwrap();
    assert_eq!(books.account(one).await.unwrap().unwrap().low_balance, Some(credits(50)));
    pay(&ledger, &purse, 40).await;
    assert_eq!(look().await, [], "exactly as much is not less");
    pay(&ledger, &purse, 1).await;
    assert_eq!(look().await, [(one, 49)]);
    pay(&ledger, &purse, 1).await;
    assert_eq!(look().await, []);
    ledger.grant(one, credits(10), None).await.unwrap();
    assert_eq!(look().await, []);
    pay(&ledger, &purse, 30).await;
    assert_eq!(look().await, [(one, 28)]);
    ledger.set_low_balance(one, None).await.unwrap();
    pay(&ledger, &purse, 1).await;
    assert_eq!(look().await, []);
    // Who asks with little left hears it at once.
    ledger.set_low_balance(one, Some(credits(30))).await.unwrap();
    assert_eq!(std::mem::take(&mut *heard.lock().unwrap()), [(one, 27)]);
    is_right(&books).await;
}
