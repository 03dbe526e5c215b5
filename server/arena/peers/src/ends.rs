//! The ends of each way to talk. Never measures.

use std::error::Error;
use std::hint;

use iceoryx2::prelude::{NodeBuilder, ServiceName, ipc};
use inos_arena::{Attached, Change, Form, Give, Quota, Region};

const LEN: usize = 64;

/// What one side says to the other, and how it waits for the other's answer.
pub(crate) struct End {
    pub(crate) say: Box<dyn FnMut()>,
    pub(crate) hear: Box<dyn FnMut()>,
}

impl End {
    fn new(say: impl FnMut() + 'static, hear: impl FnMut() + 'static) -> End {
        End { say: Box::new(say), hear: Box::new(hear) }
    }
}

/// One region for each side, which that side publishes.
pub(crate) struct Regions([Region; 2]);

impl Default for Regions {
    fn default() -> Regions {
        let all = inos_arena::Regions::default();
        Regions([(); 2].map(|()| {
            let form = Form { bytes_max: 4096, first_epoch: 1, quota: Quota::new(1 << 20) };
            all.create(form, &[0; LEN]).expect("a region")
        }))
    }
}

impl Regions {
    pub(crate) fn waiting(&self, side: usize) -> End {
        let (region, mut seen) = (self.0[1 - side].clone(), self.0[1 - side].epoch());
        End::new(self.publish(side), move || seen = region.wait(seen, None))
    }

    pub(crate) fn attached(&self, side: usize) -> Result<End, Box<dyn Error>> {
        let attachment = self.0[1 - side].attach()?;
        let [region, control] = attachment.fds().map(|fd| fd.try_clone_to_owned());
        let there = Attached::open([region?, control?])?;
        let mut seen = there.epoch();
        let hear = move || {
            // It is attached as long as it is listened to.
            let _attachment = &attachment;
            seen = there.wait(seen, None);
        };
        Ok(End::new(self.publish(side), hear))
    }

    pub(crate) fn looking(&self, side: usize) -> End {
        let (region, mut seen) = (self.0[1 - side].clone(), self.0[1 - side].epoch());
        let hear = move || {
            while region.epoch() == seen {
                hint::spin_loop();
            }
            let pinned = region.pin();
            seen = pinned.epoch();
            is_whole(&pinned);
        };
        End::new(self.publish(side), hear)
    }

    fn publish(&self, side: usize) -> impl FnMut() + use<> {
        let (region, mut turn) = (self.0[side].clone(), 0_u8);
        move || {
            turn = turn.wrapping_add(1);
            region.write().publish(Change::Whole(&[turn; LEN])).expect("an epoch");
        }
    }
}

/// Every byte of a message is looked at, whoever brought it.
fn is_whole(bytes: &[u8]) {
    assert!(bytes.iter().all(|byte| *byte == bytes[0]), "torn");
}

fn name(kind: &str, side: usize) -> Result<ServiceName, Box<dyn Error>> {
    Ok(ServiceName::new(&format!("inos-arena-peers/{}/{kind}/{side}", std::process::id()))?)
}

/// An event for each side, which that side sets off.
pub(crate) fn events(side: usize) -> Result<End, Box<dyn Error>> {
    let node = NodeBuilder::new().create::<ipc::Service>()?;
    let open = |side| Ok::<_, Box<dyn Error>>(node.service_builder(&name("event", side)?).event().open_or_create()?);
    let notifier = open(side)?.notifier_builder().create()?;
    let listener = open(1 - side)?.listener_builder().create()?;
    let say = move || {
        notifier.notify().expect("an event");
    };
    let hear = move || {
        // Its node lives as long as its ports.
        let _node = &node;
        while listener.blocking_wait(|_| ()).expect("an event") == 0 {}
    };
    Ok(End::new(say, hear))
}

/// A service for each side, to which that side publishes; who reads looks without end.
pub(crate) fn pubsub(side: usize) -> Result<End, Box<dyn Error>> {
    let node = NodeBuilder::new().create::<ipc::Service>()?;
    let open = |side| {
        let builder = node.service_builder(&name("pubsub", side)?).publish_subscribe::<[u8; LEN]>();
        Ok::<_, Box<dyn Error>>(builder.open_or_create()?)
    };
    let publisher = open(side)?.publisher_builder().create()?;
    let subscriber = open(1 - side)?.subscriber_builder().create()?;
    let mut turn = 0_u8;
    let say = move || {
        turn = turn.wrapping_add(1);
        publisher.loan_uninit().expect("a sample").write_payload([turn; LEN]).send().expect("a reader");
    };
    let hear = move || {
        let _node = &node;
        loop {
            if let Some(sample) = subscriber.receive().expect("a sample") {
                return is_whole(sample.payload());
            }
            hint::spin_loop();
        }
    };
    Ok(End::new(say, hear))
}
