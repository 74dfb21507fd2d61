//! What processors have spent, where the system tells.

/// Seconds that all ended children of this process have taken, to 10 ms; NaN elsewhere than on Linux. Only one child is to
/// be waited for at a time.
pub fn children() -> f64 {
    // utime, stime, cutime, cstime are fields 14 to 17 of proc_pid_stat(5); the second one may have blanks in it.
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ticks: Vec<f64> = fields.skip(13).take(2).filter_map(|it| it.parse().ok()).collect();
    match ticks[..] {
        // USER_HZ is 100 on every architecture that anybody uses.
        [user, system] => (user + system) / 100.0,
        _ => f64::NAN,
    }
}
