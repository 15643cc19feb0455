//! Progress of long computations, as whole lines with rate and remaining time.
//!
//! ```text
//! training CCP, N = 3: 62 of 3000 steps, 31 a second, 95 s left
//! training CCP, N = 3: 124 of 3000 steps, 31 a second, 93 s left
//! ```
//! The first line comes after 2 seconds, the next ones at least 2 seconds apart; what takes less prints nothing. A line is written at
//! once and ends the line, so that it looks the same in a notebook, a terminal and a log.
//!
//! Studies, training, sampling and [tiled kernels](crate::kernel::tiled) print lines unless told `.quiet()`; kernels print them inside
//! [`Progress::during`], by which the lines of everything can also go elsewhere:
//! ```
//! use hadamard::prelude::*;
//! let (mut network, x) = (ccp(3).width(8).input(4).init(Seed(0))?, sphere(20, 4, Seed(1))?);
//! let (training, objective) = (Trainer::steps(50, Sgd::new(0.01)), Objective::new(&x, &Array1::ones(20), SquaredError)?);
//! let run = Progress::to(|line| eprintln!("{line}")).during(|| training.train(&mut network, &objective))?;
//! assert_eq!(run.steps, 50);
//! # Ok::<(), Error>(())
//! ```

use std::cell::RefCell;
use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

/// Time before the first line and between lines.
const BETWEEN: Duration = Duration::from_secs(2);

thread_local! {
    /// Set by [`Progress::during`].
    static CURRENT: RefCell<Option<Progress>> = const { RefCell::new(None) };
}

/// Where progress lines go, if anywhere; clones share one rhythm.
#[derive(Clone, Default)]
pub struct Progress {
    printer: Option<Arc<Printer>>,
}

type Sink = Arc<dyn Fn(&str) + Send + Sync>;

struct Printer {
    sink: Sink,
    between: Duration,
    rhythm: Mutex<Rhythm>,
}

/// When the next line is due.
struct Rhythm {
    due: Instant,
    /// Tasks alive: the first one starts the clock.
    tasks: usize,
    /// What the first line says besides.
    hint: Option<String>,
    /// A line is being written, by a function that may compute something with progress of its own.
    speaking: bool,
}

impl Printer {
    fn rhythm(&self) -> MutexGuard<'_, Rhythm> {
        self.rhythm.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Writes a line that is due, after `speaking` was set. No lock is held meanwhile: the function is the user's.
    fn speak(&self, line: &str) {
        /// Also after a panic of the function.
        struct Silence<'a>(&'a Printer);
        impl Drop for Silence<'_> {
            fn drop(&mut self) {
                self.0.rhythm().speaking = false;
            }
        }
        let _silence = Silence(self);
        (self.sink)(line);
    }
}

impl Progress {
    /// No lines.
    pub fn silent() -> Self {
        Self { printer: None }
    }

    /// Lines on standard output.
    pub fn lines() -> Self {
        // A closed pipe means that no one reads; that is no reason to end a computation.
        Self::to(|line| {
            let _ = std::io::stdout().lock().write_all(format!("{line}\n").as_bytes());
        })
    }

    /// Lines, without their ends, to a function of one's own. While it runs no other line is written: what it computes itself prints
    /// nothing here.
    pub fn to(sink: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self::with(Arc::new(sink), BETWEEN)
    }

    /// Sets the time before the first line and between lines; 2 seconds unless set.
    pub fn every(self, between: Duration) -> Self {
        match &self.printer {
            Some(printer) => Self::with(printer.sink.clone(), between),
            None => self,
        }
    }

    fn with(sink: Sink, between: Duration) -> Self {
        let rhythm = Mutex::new(Rhythm { due: Instant::now(), tasks: 0, hint: None, speaking: false });
        Self { printer: Some(Arc::new(Printer { sink, between, rhythm })) }
    }

    /// Runs `work`, whose kernels, training and sampling print their progress here. What is called from other threads prints
    /// nothing.
    pub fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        /// Puts the one before back, also after a panic.
        struct Restore(Option<Progress>);
        impl Drop for Restore {
            fn drop(&mut self) {
                // Where the thread itself ends there is nothing to put back.
                let _ = CURRENT.try_with(|current| current.replace(self.0.take()));
            }
        }
        let _restore = Restore(CURRENT.with(|current| current.replace(Some(self.clone()))));
        work()
    }

    /// That of the innermost [`Progress::during`] on this thread, else silent.
    pub fn current() -> Self {
        Self::current_or(Self::silent)
    }

    /// That of the innermost [`Progress::during`] on this thread, else another one.
    pub(crate) fn current_or(other: impl FnOnce() -> Self) -> Self {
        CURRENT.with(|current| current.borrow().clone()).unwrap_or_else(other)
    }

    /// What a call prints to that prints unless told to be quiet.
    pub fn unless(quiet: bool) -> Self {
        if quiet { Self::silent() } else { Self::current_or(Self::lines) }
    }

    /// A computation of `total` units, named by their plural: `progress.task("training", "steps", 3000)`.
    pub fn task(&self, label: impl Into<String>, units: &'static str, total: u64) -> Task {
        if let Some(printer) = &self.printer {
            let mut rhythm = printer.rhythm();
            if rhythm.tasks == 0 {
                rhythm.due = Instant::now() + printer.between;
            }
            rhythm.tasks += 1;
        }
        let (label, start) = (label.into(), Instant::now());
        Task { progress: self.clone(), label, units, total, before: 0, done: AtomicU64::new(0), start }
    }

    /// What the first line of the next outermost task says besides.
    pub(crate) fn hint(&self, text: impl FnOnce() -> String) {
        if let Some(printer) = &self.printer {
            let mut rhythm = printer.rhythm();
            if rhythm.tasks == 0 {
                rhythm.hint = Some(text());
            }
        }
    }

    /// A line at once.
    pub(crate) fn say(&self, line: impl fmt::Display) {
        if let Some(printer) = &self.printer {
            (printer.sink)(&line.to_string());
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.printer.is_some() { "Progress" } else { "Progress::silent()" })
    }
}

/// A computation that is counted; any thread may count.
#[derive(Debug)]
pub struct Task {
    progress: Progress,
    label: String,
    units: &'static str,
    total: u64,
    /// Units done before it began.
    before: u64,
    done: AtomicU64,
    start: Instant,
}

impl Task {
    /// Sets how many units were done before, as by a run that is now continued; they do not count for the rate.
    pub fn after(mut self, before: u64) -> Self {
        self.before = before;
        self
    }

    /// Counts a unit that was done before.
    pub(crate) fn skip(&mut self) {
        self.before += 1;
    }

    /// Counts units, and prints a line if one is due.
    pub fn advance(&self, units: u64) {
        crate::stop::if_asked();
        let done = self.done.fetch_add(units, Ordering::Relaxed) + units;
        let Some(printer) = &self.progress.printer else { return };
        // Whoever finds another thread at it, or a line being written, has nothing to print.
        let mut rhythm = match printer.rhythm.try_lock() {
            Ok(rhythm) => rhythm,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let now = Instant::now();
        if done == 0 || now < rhythm.due || rhythm.speaking {
            return;
        }
        rhythm.due = now + printer.between;
        rhythm.speaking = true;
        let hint = rhythm.hint.take();
        drop(rhythm);
        let mut line = self.line(done, (now - self.start).as_secs_f64());
        if let Some(hint) = hint {
            line.push_str(&format!(" ({hint})"));
        }
        printer.speak(&line);
    }

    fn line(&self, done: u64, seconds: f64) -> String {
        let (there, each) = (self.before + done, seconds / done as f64);
        let left = duration(each * self.total.saturating_sub(there) as f64);
        format!("{}: {there} of {} {}, {}, {left} left", self.label, self.total, self.units, pace(each))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(printer) = &self.progress.printer {
            let mut rhythm = printer.rhythm();
            rhythm.tasks = rhythm.tasks.saturating_sub(1);
            if rhythm.tasks == 0 {
                rhythm.hint = None;
            }
        }
    }
}

/// `31 a second`, `1.4 a second`, `2.35 s each`, `3 min each`.
fn pace(each: f64) -> String {
    match 1.0 / each {
        rate if rate >= 9.95 => format!("{rate:.0} a second"),
        rate if rate >= 0.995 => format!("{rate:.1} a second"),
        _ if each < 10.0 => format!("{each:.2} s each"),
        _ => format!("{} each", duration(each)),
    }
}

/// `41 s`, `12 min`, `3.4 h`.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 99.5 => format!("{s:.0} s"),
        s if s < 6000.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A progress and the lines that it gets.
    fn heard(between: Duration) -> (Progress, Arc<Mutex<Vec<String>>>) {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = lines.clone();
        (Progress::to(move |line| sink.lock().unwrap().push(line.to_string())).every(between), lines)
    }

    #[test]
    fn lines_say_how_far_how_fast_and_how_long() {
        let line = |before, done, total, seconds| {
            let task = Progress::silent().task("training CCP, N = 3", "steps", total).after(before);
            task.line(done, seconds)
        };
        assert_eq!(
            line(0, 1200, 3000, 1200.0 / 31.0),
            "training CCP, N = 3: 1200 of 3000 steps, 31 a second, 58 s left"
        );
        // What was there before took no time of this run.
        assert_eq!(line(1000, 200, 3000, 100.0), "training CCP, N = 3: 1200 of 3000 steps, 2.0 a second, 15 min left");
        assert_eq!(line(0, 2, 9, 5.0), "training CCP, N = 3: 2 of 9 steps, 2.50 s each, 18 s left");
        assert_eq!(line(0, 2, 9, 3600.0), "training CCP, N = 3: 2 of 9 steps, 30 min each, 3.5 h left");
    }

    #[test]
    fn short_work_prints_nothing_and_long_work_is_throttled() {
        let (progress, lines) = heard(Duration::from_secs(3600));
        let task = progress.task("short", "steps", 10);
        (0..10).for_each(|_| task.advance(1));
        drop(task);
        assert!(lines.lock().unwrap().is_empty());

        let between = Duration::from_millis(40);
        let (progress, lines) = heard(between);
        progress.hint(|| "a hint".into());
        // However long it takes on this machine.
        let (start, task) = (Instant::now(), progress.task("long", "steps", 1_000_000));
        while lines.lock().unwrap().len() < 3 && start.elapsed() < Duration::from_secs(300) {
            task.advance(1);
            std::thread::sleep(Duration::from_millis(1));
        }
        let (lines, most) = (lines.lock().unwrap(), start.elapsed().as_millis() / between.as_millis());
        assert!(lines.len() == 3 && most >= 3, "{most}: {lines:?}");
        assert!(
            lines[0].ends_with(" left (a hint)") && !lines[1..].iter().any(|line| line.contains("hint")),
            "{lines:?}"
        );
        assert!(lines.iter().all(|line| line.starts_with("long: ") && !line.contains(['\n', '\r'])), "{lines:?}");
    }

    #[test]
    fn many_threads_count_and_none_of_the_lines_is_torn() {
        use rayon::prelude::*;
        let (progress, lines) = heard(Duration::ZERO);
        let task = progress.task("shared", "blocks", 1000);
        (0..1000).into_par_iter().for_each(|_| task.advance(1));
        assert_eq!(task.done.load(Ordering::Relaxed), 1000);
        let lines = lines.lock().unwrap();
        assert!(!lines.is_empty());
        assert!(
            lines.iter().all(|line| line.starts_with("shared: ") && line.contains(" of 1000 blocks, ")),
            "{lines:?}"
        );
    }

    #[test]
    fn a_function_that_computes_with_progress_itself_ends() {
        let count = |progress: &Progress| {
            let task = progress.task("inner", "steps", 3);
            (0..3).for_each(|_| task.advance(1));
        };
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let lines = Arc::new(Mutex::new(Vec::new()));
            let heard = lines.clone();
            let progress = Progress::to(move |line| {
                heard.lock().unwrap().push(line.to_string());
                // That of this thread, which is the one that writes, and one that begins and ends meanwhile.
                count(&Progress::current());
                Progress::current().hint(|| "a hint".into());
            });
            let progress = progress.every(Duration::ZERO);
            progress.during(|| count(&Progress::current()));
            // After a panic lines are written as before.
            let once = std::sync::atomic::AtomicBool::new(true);
            let panicking = Progress::to(move |_| assert!(!once.swap(false, Ordering::Relaxed), "on purpose"));
            let panicking = panicking.every(Duration::ZERO);
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| count(&panicking))).is_err());
            assert!(!panicking.printer.as_ref().expect("lines").rhythm().speaking);
            count(&panicking);
            let lines = lines.lock().unwrap().clone();
            sender.send(lines).unwrap();
        });
        let lines = receiver.recv_timeout(Duration::from_secs(60)).expect("a deadlock");
        assert!(lines.len() == 3 && lines.iter().all(|line| line.starts_with("inner: ")), "{lines:?}");
    }

    #[test]
    fn the_innermost_is_current_and_the_outer_one_comes_back() {
        let (outer, lines) = heard(Duration::ZERO);
        let count = || Progress::current().task("work", "steps", 2).advance(1);
        count();
        outer.during(|| {
            count();
            Progress::silent().during(count);
            let panicked = std::panic::catch_unwind(|| Progress::silent().during(|| panic!("on purpose")));
            assert!(panicked.is_err());
            count();
        });
        count();
        assert_eq!(lines.lock().unwrap().len(), 2);
    }
}
