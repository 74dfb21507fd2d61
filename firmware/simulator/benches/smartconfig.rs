//! How long SmartConfig takes, from the beginning of a sending to the credentials: 20 sendings each, that begin at different
//! moments, through the model of an air. The clock is the model's, so the figures are the same on every computer.
//!
//! `cargo bench -p espalier-simulator --bench smartconfig`

#[cfg(unix)]
#[path = "../tests/it/trial.rs"]
mod trial;

fn main() {
    #[cfg(unix)]
    unix::main();
    #[cfg(not(unix))]
    println!("there is no simulated board on this system");
}

#[cfg(unix)]
mod unix {
    use espalier_simulator::air::AirSpec;

    use crate::trial::Trial;

    const TIMES: u64 = 20;

    pub fn main() {
        let air = AirSpec::new(6);
        println!(
            "{:34} {:>8} {:>8} {:>8}",
            "20 sendings each, seconds", "median", "90 %", "arrived"
        );
        measure("plain", &Trial::new(air));
        measure("DTIM 1", &Trial::new(AirSpec { dtim: 1, ..air }));
        measure("DTIM 3", &Trial::new(AirSpec { dtim: 3, ..air }));
        measure("10 % lost", &Trial::new(AirSpec { lost: 10, ..air }));
        measure("30 % lost", &Trial::new(AirSpec { lost: 30, ..air }));
        let long = AirSpec { lost: 5, ..air };
        let (ssid, password) = (&[b's'; 32], &[b'p'; 63]);
        measure("32 + 63 bytes, 5 % lost", &Trial { ssid, password, ..Trial::new(long) });
        let hidden = AirSpec::new(4);
        measure("on a channel without a network", &Trial::new(hidden));
        measure("no scan", &Trial { occupied: &[], ..Trial::new(air) });
        let all: Vec<u8> = (1..=13).collect();
        measure("networks on all channels", &Trial { occupied: &all, ..Trial::new(air) });
    }

    fn measure(name: &str, trial: &Trial<'_>) {
        let mut took: Vec<u64> = (0..TIMES)
            .filter_map(|number| {
                let air = AirSpec { seed: number + 1, ..trial.air };
                // 20 moments of a round of listening, none like the other.
                let begins = 3_000 + number * 617;
                Trial { air, begins, ..*trial }.run().map(|(ms, _)| ms)
            })
            .collect();
        took.sort_unstable();
        let at = |percent: usize| {
            let place = (took.len() * percent / 100).min(took.len().saturating_sub(1));
            took.get(place).map_or(f64::NAN, |ms| *ms as f64 / 1e3)
        };
        println!("{name:34} {:8.2} {:8.2} {:5}/{TIMES}", at(50), at(90), took.len());
    }
}
