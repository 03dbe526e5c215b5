//! Which units this program has. Never knows how one works: a unit is one row here.

#[cfg(feature = "test-units")]
mod test_cell;
#[cfg(feature = "test-units")]
mod test_unit;

use std::sync::Arc;

use inos_unit::Unit;

/// All units that this build contains, each with its own name.
pub fn builtin() -> Vec<Arc<dyn Unit>> {
    vec![
        #[cfg(feature = "audio")]
        Arc::new(inos_audio::Audio::new()),
        Arc::new(inos_boids::Boids::new()),
        Arc::new(inos_compute::Compute::new()),
        Arc::new(inos_crypto::Crypto::new()),
        #[cfg(feature = "data")]
        Arc::new(inos_data::Data::new()),
        #[cfg(feature = "image")]
        Arc::new(inos_image::Image::new()),
        Arc::new(inos_math::Math::new()),
        #[cfg(feature = "test-units")]
        Arc::new(test_unit::TestUnit::new()),
        #[cfg(feature = "test-units")]
        Arc::new(test_cell::TestCell::new()),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::builtin;

    fn is_name(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    }

    #[test]
    fn names_are_unique_and_well_formed() {
        let mut seen = HashSet::new();
        for unit in builtin() {
            let spec = unit.spec();
            assert!(is_name(spec.name), "{}", spec.name);
            for method in &spec.methods {
                assert!(is_name(method.name), "{}", method.name);
                assert!(seen.insert((spec.name, method.name)), "{}.{} twice", spec.name, method.name);
            }
        }
    }

    #[test]
    fn parameters_are_objects_that_refuse_unknown_members() {
        for unit in builtin() {
            for method in &unit.spec().methods {
                assert_eq!(method.params["type"], "object", "{}", method.name);
                assert_eq!(method.params["additionalProperties"], false, "{}", method.name);
            }
        }
    }

    #[cfg(not(feature = "test-units"))]
    #[test]
    fn the_test_unit_is_not_in_an_ordinary_build() {
        assert!(builtin().iter().all(|unit| unit.spec().name != "test"));
    }
}
