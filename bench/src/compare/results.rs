//! The figures of a run. They are kept as JSON, so that the report can be written again without another run.

use serde::{Deserialize, Serialize};

/// A program that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// auth-service and task-service.
    Latchkey,
    /// Better Auth on Node.js.
    BetterAuth,
    /// The task API on FastAPI with asyncpg and PyJWT.
    FastApi,
    /// The task API on Fastify with pg and jose.
    Fastify,
    /// task-service's statements, sent by pgbench.
    Pgbench,
    /// An actix handler that sends a constant response.
    BareActix,
}

impl Target {
    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latchkey => "Latchkey",
            Self::BetterAuth => "Better Auth",
            Self::FastApi => "FastAPI",
            Self::Fastify => "Fastify",
            Self::Pgbench => "pgbench",
            Self::BareActix => "bare actix handler",
        }
    }
}

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// `GET /api/auth/get-session` with the session's cookie.
    GetSession,
    /// `GET /api/auth/token`. auth-service reuses a token for half of its lifetime; Better Auth signs each one.
    Token,
    /// `GET /api/auth/token` for sessions without a token that can be reused.
    FreshToken,
    /// `GET /api/auth/jwks`.
    Jwks,
    /// `POST /api/auth/sign-in/email`, bcrypt cost 12.
    SignIn,
    /// The same, bcrypt cost 10.
    SignInCost10,
    /// `POST /api/auth/sign-up/email`, bcrypt cost 12.
    SignUp,
    /// `GET /api/me/tasks/{id}`.
    GetTask,
    /// `GET /api/me/tasks?limit=50`.
    ListTasks,
    /// `POST /api/me/tasks`.
    CreateTask,
    /// `PATCH /api/me/tasks/{id}/complete`.
    ToggleTask,
}

impl Operation {
    /// All operations, in the order of the report.
    pub const ALL: [Self; 11] = [
        Self::GetSession,
        Self::Token,
        Self::FreshToken,
        Self::Jwks,
        Self::SignIn,
        Self::SignInCost10,
        Self::SignUp,
        Self::GetTask,
        Self::ListTasks,
        Self::CreateTask,
        Self::ToggleTask,
    ];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GetSession => "get-session",
            Self::Token => "token",
            Self::FreshToken => "token, freshly signed",
            Self::Jwks => "jwks",
            Self::SignIn => "sign-in, bcrypt 12",
            Self::SignInCost10 => "sign-in, bcrypt 10",
            Self::SignUp => "sign-up, bcrypt 12",
            Self::GetTask => "get a task",
            Self::ListTasks => "list 50 tasks",
            Self::CreateTask => "create a task",
            Self::ToggleTask => "complete a task",
        }
    }

    /// Whether the request hashes a password.
    pub const fn hashes(self) -> bool {
        matches!(self, Self::SignIn | Self::SignInCost10 | Self::SignUp)
    }
}

/// The cost of requests, each figure the median of several turns. Times are in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Successful requests per second.
    pub rate: f64,
    /// The median response time. pgbench does not report it.
    pub p50: Option<f64>,
    /// The 99th percentile of the response time.
    pub p99: Option<f64>,
    /// CPU time of the server's processes per request.
    pub server_cpu: f64,
    /// CPU time of PostgreSQL's processes per request.
    pub database_cpu: f64,
    /// Requests of all turns that were answered with an error status.
    pub refused: u64,
    /// Requests of all turns that got no answer.
    pub failed: u64,
}

/// Closed loop: each connection sends its next request when the response has arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Closed {
    /// The program.
    pub target: Target,
    /// The kind of request.
    pub operation: Operation,
    /// The number of connections.
    pub connections: usize,
    /// The cost of a request.
    pub cost: Cost,
}

/// Open loop: requests at a fixed rate. Response times count from when a request was due.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Open {
    /// The program.
    pub target: Target,
    /// The kind of request.
    pub operation: Operation,
    /// Offered requests per second.
    pub offered: f64,
    /// Answered requests per second.
    pub achieved: f64,
    /// The median response time in microseconds.
    pub p50: f64,
    /// The 99th percentile of the response time in microseconds.
    pub p99: f64,
}

/// The use of the database by one request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DatabaseUse {
    /// The program.
    pub target: Target,
    /// The kind of request.
    pub operation: Operation,
    /// Round trips on the wire.
    pub round_trips: usize,
    /// Transactions in `pg_stat_database`.
    pub transactions: f64,
}

/// Memory of all processes of a server, in MiB.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Proportional set size: shared pages count once.
    pub pss: f64,
    /// Resident set size.
    pub rss: f64,
    /// The number of processes.
    pub processes: usize,
}

/// The footprint of a server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Footprint {
    /// Its name.
    pub server: String,
    /// Milliseconds from its start to the first 200, with keys and tables in place. The median of several starts.
    pub start: f64,
    /// Memory when it has answered one request.
    pub idle: Memory,
    /// Memory after load from 64 connections.
    pub loaded: Memory,
    /// Size of the stripped binary in MiB, if it is one.
    pub binary: Option<f64>,
}

/// A rate of password hashes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HashRate {
    /// The implementation.
    pub implementation: HashImplementation,
    /// The cost of bcrypt.
    pub cost: u32,
    /// The number of hashes at the same time.
    pub threads: usize,
    /// Hashes per second.
    pub rate: f64,
}

/// An implementation of bcrypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HashImplementation {
    /// `eksblowfish`, two hashes at a time on each thread.
    Latchkey,
    /// The `bcrypt` crate.
    Crate,
    /// The C implementation of the `bcrypt` package of npm.
    Node,
}

/// What the machine allows, apart from pgbench and the bare handler. Times are CPU microseconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Limits {
    /// Password hashes.
    pub hashes: Vec<HashRate>,
    /// An RSA-2048 signature by aws-lc-rs, with a key that was parsed before.
    pub rsa_sign: f64,
    /// The verification of such a signature.
    pub rsa_verify: f64,
    /// The verification of a new access token by shared-claims, with its claims parsed.
    pub verify_new_token: f64,
    /// The same for a token that it has verified before.
    pub verify_token: f64,
}

/// What was measured, on what, and how.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Conditions {
    /// Names and values, in the order of the report.
    pub facts: Vec<(String, String)>,
    /// The settings of PostgreSQL that are not the default.
    pub postgres: Vec<(String, String)>,
}

/// All figures of a run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Results {
    /// The conditions.
    pub conditions: Conditions,
    /// The number of cores.
    pub cores: usize,
    /// Closed loop.
    pub closed: Vec<Closed>,
    /// Open loop.
    pub open: Vec<Open>,
    /// Use of the database.
    pub database: Vec<DatabaseUse>,
    /// Memory, start and size of each server.
    pub footprints: Vec<Footprint>,
    /// The limits of the machine.
    pub limits: Limits,
}

impl Results {
    /// Returns the cost of an operation with this number of connections.
    pub fn cost(&self, target: Target, operation: Operation, connections: usize) -> Option<&Cost> {
        let wanted =
            |at: &&Closed| (at.target, at.operation, at.connections) == (target, operation, connections);
        self.closed.iter().find(wanted).map(|found| &found.cost)
    }

    /// Returns the numbers of connections that an operation was measured with.
    pub fn connections(&self, operation: Operation) -> Vec<usize> {
        let mut all: Vec<usize> =
            self.closed.iter().filter(|at| at.operation == operation).map(|at| at.connections).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Returns the programs that an operation was measured with.
    pub fn targets(&self, operation: Operation) -> Vec<Target> {
        let mut found = Vec::new();
        for at in self.closed.iter().filter(|at| at.operation == operation) {
            if !found.contains(&at.target) {
                found.push(at.target);
            }
        }
        found
    }

    /// Returns the rate of password hashes with this many at the same time.
    pub fn hash_rate(&self, implementation: HashImplementation, cost: u32, threads: usize) -> Option<f64> {
        let key = (implementation, cost, threads);
        let found = self.limits.hashes.iter().find(|at| (at.implementation, at.cost, at.threads) == key);
        found.map(|found| found.rate)
    }

    /// Returns the footprint of a server.
    pub fn footprint(&self, server: &str) -> Option<&Footprint> {
        self.footprints.iter().find(|at| at.server == server)
    }
}
