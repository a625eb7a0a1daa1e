//! The targets of the comparison, as data, and whether a run reaches them.

use super::plan::{CONNECTIONS, HASH_CONNECTIONS};
use super::results::{HashImplementation, Operation, Results, Target};

use Operation::{
    CreateTask, FreshToken, GetSession, GetTask, Jwks, ListTasks, SignIn, SignUp, ToggleTask, Token,
};
use Quantity::{
    BinarySize, DatabaseCpu, Hashes, IdleMemory, LoadedMemory, Rate, RsaSign, RsaVerify, ServerCpu, Start,
    VerifyNewToken,
};
use Target::{BareActix, BetterAuth, Fastify, Latchkey, Pgbench};

/// A figure of a run.
#[derive(Debug, Clone, Copy)]
pub enum Quantity {
    /// CPU microseconds of the server per request.
    ServerCpu(Target, Operation),
    /// CPU microseconds of PostgreSQL per request.
    DatabaseCpu(Target, Operation),
    /// Requests per second.
    Rate(Target, Operation),
    /// Password hashes per second, bcrypt cost 12, with a thread per core.
    Hashes(HashImplementation),
    /// CPU microseconds of an RSA signature.
    RsaSign,
    /// CPU microseconds of the verification of an RSA signature.
    RsaVerify,
    /// CPU microseconds of the verification of a new access token.
    VerifyNewToken,
    /// MiB of an idle server.
    IdleMemory(&'static str),
    /// MiB of a server under load from 64 connections.
    LoadedMemory(&'static str),
    /// Milliseconds from the start to the first 200.
    Start(&'static str),
    /// MiB of the stripped binary.
    BinarySize(&'static str),
}

/// What a figure is compared with.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    /// At most this number of times the other figure.
    AtMost(f64, Quantity),
    /// At most the other figure and this much more.
    AtMostPlus(f64, Quantity),
    /// At least this number of times the other figure.
    AtLeast(f64, Quantity),
    /// Less than this.
    Below(f64),
}

/// A target: a figure and its bound.
#[derive(Debug, Clone, Copy)]
pub struct Goal {
    /// The subject, for the table.
    pub what: &'static str,
    /// The bound, for the table.
    pub bound_text: &'static str,
    /// What stands in the way, for the report of a run that misses the target. Known from profiles.
    pub obstacle: Option<&'static str>,
    measured: Quantity,
    bound: Bound,
}

/// Whether a target is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The figure, with its unit.
    pub measured: String,
    /// What the figure may be, with its unit.
    pub allowed: String,
    /// The figure in relation to what it may be.
    pub ratio: f64,
    /// Whether the target is reached.
    pub reached: bool,
}

const fn goal(what: &'static str, bound_text: &'static str, measured: Quantity, bound: Bound) -> Goal {
    Goal { what, bound_text, obstacle: None, measured, bound }
}

/// All targets.
pub const GOALS: [Goal; 28] = [
    goal(
        "get-session: CPU time",
        "1/120 of Better Auth's",
        ServerCpu(Latchkey, GetSession),
        Bound::AtMost(1.0 / 120.0, ServerCpu(BetterAuth, GetSession)),
    )
    .despite(ROUND_TRIP),
    goal(
        "token: CPU time",
        "1/120 of Better Auth's",
        ServerCpu(Latchkey, Token),
        Bound::AtMost(1.0 / 120.0, ServerCpu(BetterAuth, Token)),
    )
    .despite(ROUND_TRIP),
    goal(
        "token, freshly signed: CPU time",
        "the RSA signature + 60 µs",
        ServerCpu(Latchkey, FreshToken),
        Bound::AtMostPlus(60.0, RsaSign),
    ),
    goal(
        "jwks: throughput",
        "0.9 of a bare actix handler's",
        Rate(Latchkey, Jwks),
        Bound::AtLeast(0.9, Rate(BareActix, Jwks)),
    )
    .despite(
        "No single cost. Six tenths of the CPU time are the kernel's, for one `recv` and one `send`. The rest is spread \
         over routing, the span and the id of the request for the log, security headers, CORS, the guard, and memory for \
         each of them; the largest of these takes 1 µs. The bare handler has none of them.",
    ),
    goal(
        "sign-in, bcrypt 12: throughput",
        "0.97 of the bcrypt crate's, all cores",
        Rate(Latchkey, SignIn),
        Bound::AtLeast(0.97, Hashes(HashImplementation::Crate)),
    ),
    goal(
        "sign-up, bcrypt 12: throughput",
        "0.97 of the bcrypt crate's, all cores",
        Rate(Latchkey, SignUp),
        Bound::AtLeast(0.97, Hashes(HashImplementation::Crate)),
    ),
    goal(
        "bcrypt of auth-service, cost 12",
        "as fast as Node's C implementation",
        Hashes(HashImplementation::Latchkey),
        Bound::AtLeast(1.0, Hashes(HashImplementation::Node)),
    ),
    cpu("get a task: CPU time", "1/5 of Fastify's", GetTask, 5.0),
    cpu("list 50 tasks: CPU time", "1/8 of Fastify's", ListTasks, 8.0).despite(
        "In a profile, a third of the CPU time was the kernel's, an eighth was writing JSON, a tenth reading rows and \
         their columns, and a sixteenth copying memory. The rest is spread.",
    ),
    cpu("create a task: CPU time", "1/5 of Fastify's", CreateTask, 5.0).despite(ROUND_TRIP),
    cpu("complete a task: CPU time", "1/5 of Fastify's", ToggleTask, 5.0).despite(ROUND_TRIP),
    throughput("get a task: throughput", "0.4 of pgbench's", GetTask, 0.4),
    throughput("list 50 tasks: throughput", "0.5 of pgbench's", ListTasks, 0.5),
    throughput("create a task: throughput", "0.4 of pgbench's", CreateTask, 0.4),
    throughput("complete a task: throughput", "0.4 of pgbench's", ToggleTask, 0.4),
    postgres("get a task: PostgreSQL's CPU time", "1.3 times Fastify's", GetTask, 1.3),
    postgres("list 50 tasks: PostgreSQL's CPU time", "Fastify's", ListTasks, 1.0),
    postgres("create a task: PostgreSQL's CPU time", "1.3 times Fastify's", CreateTask, 1.3),
    postgres("complete a task: PostgreSQL's CPU time", "1.3 times Fastify's", ToggleTask, 1.3),
    goal(
        "verification of a new access token, claims parsed",
        "1.5 times the bare RSA verification",
        VerifyNewToken,
        Bound::AtMost(1.5, RsaVerify),
    ),
    below("auth-service: memory, idle", "14 MiB", IdleMemory("auth-service"), 14.0).despite(MAPPED_FILES),
    below("task-service: memory, idle", "14 MiB", IdleMemory("task-service"), 14.0).despite(MAPPED_FILES),
    below("auth-service: memory, 64 connections under load", "30 MiB", LoadedMemory("auth-service"), 30.0),
    below("task-service: memory, 64 connections under load", "30 MiB", LoadedMemory("task-service"), 30.0),
    below("auth-service: start to the first 200", "60 ms", Start("auth-service"), 60.0),
    below("task-service: start to the first 200", "60 ms", Start("task-service"), 60.0),
    below("auth-service: stripped binary", "15 MiB", BinarySize("auth-service"), 15.0).despite(
        "12.0 MB of it is code and 3.3 MB are constants, among them the documentation viewer, compressed. Code that is on \
         no request's path is compiled for size already.",
    ),
    below("task-service: stripped binary", "15 MiB", BinarySize("task-service"), 15.0),
];

const ROUND_TRIP: &str = "A request without the database takes what the row of jwks shows, and six tenths of that are the kernel's. The rest is \
     one round trip to PostgreSQL, with as many system calls again. The ratio depends on the processor: on the machine of \
     an earlier run, get-session took 1/140 of Better Auth's CPU time, and reading a task 1/16 of Fastify's.";

const MAPPED_FILES: &str = "Most of it is the program's own file, of which Linux maps what is in its page cache; see the proportional set size below.";

const fn cpu(what: &'static str, bound: &'static str, operation: Operation, divisor: f64) -> Goal {
    let of = ServerCpu(Fastify, operation);
    goal(what, bound, ServerCpu(Latchkey, operation), Bound::AtMost(1.0 / divisor, of))
}

const fn throughput(what: &'static str, bound: &'static str, operation: Operation, part: f64) -> Goal {
    goal(what, bound, Rate(Latchkey, operation), Bound::AtLeast(part, Rate(Pgbench, operation)))
}

const fn postgres(what: &'static str, bound: &'static str, operation: Operation, times: f64) -> Goal {
    let of = DatabaseCpu(Fastify, operation);
    goal(what, bound, DatabaseCpu(Latchkey, operation), Bound::AtMost(times, of))
}

const fn below(what: &'static str, bound: &'static str, measured: Quantity, limit: f64) -> Goal {
    goal(what, bound, measured, Bound::Below(limit))
}

impl Goal {
    /// Explains why the target may be missed.
    const fn despite(self, obstacle: &'static str) -> Self {
        Self { obstacle: Some(obstacle), ..self }
    }

    /// Compares the figure of a run with its bound. `None` if the run lacks one of them.
    pub fn outcome(&self, results: &Results) -> Option<Outcome> {
        let measured = self.measured.of(results)?;
        let (allowed, at_most) = match self.bound {
            Bound::AtMost(factor, other) => (factor * other.of(results)?, true),
            Bound::AtMostPlus(more, other) => (more + other.of(results)?, true),
            Bound::AtLeast(factor, other) => (factor * other.of(results)?, false),
            Bound::Below(limit) => (limit, true),
        };
        let ratio = measured / allowed;
        let unit = self.measured.unit();
        Some(Outcome {
            measured: format!("{}{unit}", figure(measured)),
            allowed: format!("{}{unit}", figure(allowed)),
            ratio,
            reached: if at_most { ratio <= 1.0 } else { ratio >= 1.0 },
        })
    }
}

impl Quantity {
    fn of(self, results: &Results) -> Option<f64> {
        let cost = |target, operation: Operation| {
            let connections = if operation.hashes() { HASH_CONNECTIONS } else { CONNECTIONS };
            // Without a success there is no cost of a request.
            results.cost(target, operation, connections).filter(|cost| cost.rate > 0.0)
        };
        let positive = |value: f64| (value > 0.0).then_some(value);
        match self {
            ServerCpu(target, operation) => positive(cost(target, operation)?.server_cpu),
            DatabaseCpu(target, operation) => positive(cost(target, operation)?.database_cpu),
            Rate(target, operation) => cost(target, operation).map(|cost| cost.rate),
            Hashes(implementation) => results.hash_rate(implementation, 12, results.cores),
            RsaSign => positive(results.limits.rsa_sign),
            RsaVerify => positive(results.limits.rsa_verify),
            VerifyNewToken => positive(results.limits.verify_new_token),
            IdleMemory(server) => results.footprint(server).map(|found| found.idle.rss),
            LoadedMemory(server) => results.footprint(server).map(|found| found.loaded.rss),
            Start(server) => results.footprint(server).map(|found| found.start),
            BinarySize(server) => results.footprint(server)?.binary,
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            ServerCpu(..) | DatabaseCpu(..) | RsaSign | RsaVerify | VerifyNewToken => " µs",
            Rate(..) | Hashes(_) => "/s",
            IdleMemory(_) | LoadedMemory(_) | BinarySize(_) => " MiB",
            Start(_) => " ms",
        }
    }
}

/// Formats a number with three significant digits, or as an integer with separators.
pub fn figure(value: f64) -> String {
    match value.abs() {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => grouped(value),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && digit.is_ascii_digit() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        let texts = [0.1234, 9.0, 12.34, 123.4, 1234.5, 65_000.0, 1_234_567.0].map(figure);
        assert_eq!(texts, ["0.12", "9.00", "12.3", "123", "1,234", "65,000", "1,234,567"]);
    }
}
