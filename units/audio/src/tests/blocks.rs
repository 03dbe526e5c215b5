//! Blocks: in whatever pieces a sound comes, what is done to it is the same.

use proptest::prelude::*;

use super::*;
use crate::sound::{Effect, Through};
use crate::steps::*;

const FORM: Form = Form { rate: 8000, channels: 2 };

/// What an effect makes of a sound that comes in blocks of a length.
fn in_blocks(rows: &Rows, block: usize, effect: impl Effect) -> Rows {
    testing::all(Through::new(testing::Lying::new(FORM.rate, rows.clone(), block), effect))
}

fn step<T: serde::de::DeserializeOwned>(given: Value) -> T {
    serde_json::from_value(given).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_effect_depends_on_blocks(count in 0_usize..6000, block in 1_usize..5000, seed in any::<u64>()) {
        let rows: Rows = vec![noise(seed, count), noise(seed ^ 1, count)];
        let answer: Rows = vec![noise(7, 700)];
        macro_rules! same {
            ($effect:expr) => {
                let (whole, parted) = (in_blocks(&rows, count.max(1), $effect), in_blocks(&rows, block, $effect));
                prop_assert_eq!(whole, parted);
            };
        }
        same!(GainEffect::new(&step(json!({ "db": -3 }))));
        same!(TrimEffect::new(&step(json!({ "start_s": 0.1, "end_s": 0.5 })), FORM, "").unwrap());
        same!(FadeEffect::new(Default::default(), (100, 200), count as u64));
        same!(FilterEffect::new(&step(json!({ "kind": "peaking", "frequency_hz": 500, "gain_db": 9 })), FORM, "").unwrap());
        same!(DelayEffect::new(&step(json!({ "time_s": 0.01, "feedback": 0.2 })), FORM));
        same!(ReverbEffect::new(&step(json!({ "rt60_s": 0.2, "pre_delay_s": 0.01 })), FORM));
        same!(ResampleEffect::new(11_025, FORM).unwrap());
        same!(ConvolveEffect::new(&answer, 1.0, FORM).unwrap());
        same!(ChannelsEffect::new(&step(json!({ "to": "mono" })), FORM, "").unwrap());
    }

    #[test]
    fn two_sounds_do_not_depend_on_blocks(counts in (0_usize..3000, 0_usize..3000), blocks in (1_usize..999, 1_usize..999), before in 0_u64..4000) {
        let (one, other): (Rows, Rows) = (vec![noise(1, counts.0)], vec![noise(2, counts.1)]);
        let lying = |rows: &Rows, block| testing::Lying::new(8000, rows.clone(), block);
        let mixed = testing::all(Mixed::new(lying(&one, blocks.0), lying(&other, blocks.1), 0.5, before));
        let end = if counts.1 == 0 { counts.0 } else { counts.0.max(before as usize + counts.1) };
        prop_assert_eq!(frames(&mixed), end);
        for (at, sample) in mixed[0].iter().enumerate() {
            let late = at.checked_sub(before as usize).and_then(|at| other[0].get(at)).unwrap_or(&0.0);
            prop_assert_eq!(*sample, one[0].get(at).unwrap_or(&0.0) + 0.5 * late);
        }
        let both = counts.0.min(counts.1) as u64 / 2;
        let crossed = testing::all(Crossfaded::new(lying(&one, blocks.0), lying(&other, blocks.1), Default::default(), (counts.0 as u64, both)));
        prop_assert_eq!(frames(&crossed) as u64, (counts.0 + counts.1) as u64 - both);
    }
}
