//! The unit `boids`: flocks in three dimensions that fly and evolve. The same seed gives the same bytes, whatever the
//! number of threads; it never keeps a flock from one job to the next.

mod evolve;
mod flock;
mod forces;
mod kept;
mod live;
mod near;
mod preview;
mod rules;
mod simulate;
mod sorted;
#[cfg(test)]
mod tests;

use inos_unit::{Call, Fault, Foreseen, Host, Params, Sight, Spec, Unit};

/// Flocks of up to a million birds.
pub struct Boids {
    spec: Spec,
}

impl Boids {
    /// The unit; cheap, and starts nothing.
    pub fn new() -> Self {
        let spec = Spec {
            lane: inos_unit::Lane::Threads,
            name: "boids",
            version: "1.1.0",
            summary: "Flocks that fly, live on and evolve, the same for the same seed.",
            methods: vec![simulate::method(), evolve::method(), live::method()],
        };
        Self { spec }
    }
}

impl Default for Boids {
    fn default() -> Self {
        Self::new()
    }
}

impl Unit for Boids {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        match call.method {
            "simulate" => simulate::run(call, host),
            "evolve" => evolve::run(call, host),
            "session" => live::run(call, host),
            other => Err(Fault::Broken(format!("the specification promises no method {other}"))),
        }
    }

    fn is_session(&self, method: &str) -> bool {
        method == "session"
    }

    fn foresee(&self, method: &str, params: &Params, _: &[Sight<'_>]) -> Option<Foreseen> {
        if method == "simulate" { simulate::foresee(params) } else { None }
    }
}
