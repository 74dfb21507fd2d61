//! Two things at once, where nobody has to wait for the other.

/// Does both, the other one in a thread that lives as long as that takes; one after the other where the system gives no thread.
pub fn both(name: &str, one: impl FnOnce(), other: &mut (dyn FnMut() + Send)) {
    let helped = std::thread::scope(|scope| {
        let helper = std::thread::Builder::new().name(name.to_owned());
        let helps = helper.spawn_scoped(scope, &mut *other).is_ok();
        one();
        helps
    });
    if !helped {
        other();
    }
}
