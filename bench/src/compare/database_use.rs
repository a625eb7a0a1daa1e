//! Round trips and transactions of each request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use local_stack::testing::CountedDatabase;
use tokio_postgres::Client;

use super::accounts::{get, gets, sign_ins, sign_up, sign_ups};
use super::http::{Connection, Requests};
use super::programs;
use super::results::{DatabaseUse, Operation, Target};
use super::servers::Server;
use super::stage::Stage;
use super::tasks::{User, requests};

/// The lowest cost of bcrypt, since it makes no difference here.
const BCRYPT_COST: u32 = 4;
/// Requests of which the minimum of round trips is taken. The first ones prepare statements.
const REPETITIONS: usize = 10;
/// Requests whose transactions are counted.
const COUNTED: usize = 60;
/// The same for operations that hash a password.
const COUNTED_HASHES: usize = 20;
/// Requests that make every connection of a pool report its transactions.
const REPORTING: usize = 20;
/// A connection reports its transactions at most once in this time.
const REPORT_INTERVAL: Duration = Duration::from_millis(1100);

/// A server behind a proxy that counts, with the requests to it.
struct Side {
    target: Target,
    proxy: CountedDatabase,
    database: String,
    server: Server,
    requests: Vec<(Operation, Requests)>,
}

/// Measures each program with a server of its own.
pub async fn measure(stage: &Stage, auth: &Server, users: &[User]) -> Vec<DatabaseUse> {
    let admin = stage.superuser("postgres").await;
    let sides = [
        auth_service(stage).await,
        better_auth(stage).await,
        task_side(stage, Target::Latchkey, auth, users).await,
        task_side(stage, Target::FastApi, auth, users).await,
        task_side(stage, Target::Fastify, auth, users).await,
    ];
    // At the same time, because most of it is waiting.
    let tasks = sides.map(|side| {
        let admin = Arc::clone(&admin);
        tokio::spawn(async move { side.measure(&admin).await })
    });
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    all
}

async fn auth_service(stage: &Stage) -> Side {
    let database = stage.cluster().auth();
    let proxy = CountedDatabase::of(database).await;
    let server = programs::auth_service(database, proxy.service_url(), BCRYPT_COST).start().await;
    Side::auth(Target::Latchkey, proxy, database.name().to_owned(), server).await
}

async fn better_auth(stage: &Stage) -> Side {
    let proxy = CountedDatabase::of(stage.cluster().auth()).await;
    let url = stage.counted_peer_url("better_auth", &proxy);
    let server = programs::better_auth(&url, BCRYPT_COST).start().await;
    Side::auth(Target::BetterAuth, proxy, "better_auth".to_owned(), server).await
}

async fn task_side(stage: &Stage, target: Target, auth: &Server, users: &[User]) -> Side {
    let tasks = stage.cluster().tasks();
    let proxy = CountedDatabase::of(tasks).await;
    let peer = |name| stage.counted_peer_url(name, &proxy);
    let (launch, database) = match target {
        Target::FastApi => (programs::fastapi(&peer("fastapi"), &auth.url()), "fastapi"),
        Target::Fastify => (programs::fastify(&peer("fastify"), &auth.url()), "fastify"),
        _ => (programs::task_service(tasks, proxy.service_url(), &auth.url()), tasks.name()),
    };
    let server = launch.start().await;
    let all = [Operation::GetTask, Operation::ListTasks, Operation::CreateTask, Operation::ToggleTask];
    let requests = all.map(|operation| (operation, requests(&server, users, operation))).to_vec();
    Side { target, proxy, database: database.to_owned(), server, requests }
}

impl Side {
    async fn auth(target: Target, proxy: CountedDatabase, database: String, server: Server) -> Self {
        let accounts = sign_up(&server, "counted", 4).await;
        let requests = vec![
            (Operation::GetSession, gets(&server, &accounts, "/api/auth/get-session")),
            (Operation::Token, gets(&server, &accounts, "/api/auth/token")),
            (Operation::Jwks, get(&server, "/api/auth/jwks")),
            (Operation::SignInCost10, sign_ins(&server, &accounts)),
            (Operation::SignUp, sign_ups(&server)),
        ];
        Self { target, proxy, database, server, requests }
    }

    async fn measure(self, admin: &Client) -> Vec<DatabaseUse> {
        let mut connection = Connection::open(self.server.address()).unwrap();
        let mut all = Vec::new();
        for (operation, requests) in &self.requests {
            let mut next = 0..;
            let mut send = || {
                let request = requests.get(next.next().unwrap_or_default());
                let response = tokio::task::block_in_place(|| connection.send(&request)).unwrap();
                assert!(response.status < 400, "{operation:?} of {:?}: {}", self.target, response.head);
            };
            let mut trips = BTreeMap::new();
            for _ in 0..REPETITIONS {
                let before = self.proxy.round_trips();
                send();
                *trips.entry(self.proxy.round_trips() - before).or_insert(0) += 1;
            }
            let counted = if operation.hashes() { COUNTED_HASHES } else { COUNTED };
            let before = self.transactions(admin, &mut send).await;
            (0..counted).for_each(|_| send());
            let after = self.transactions(admin, &mut send).await;
            let requests = (counted + REPORTING) as f64;
            all.push(DatabaseUse {
                target: self.target,
                operation: *operation,
                round_trips: *trips.keys().next().unwrap_or(&0),
                transactions: (after - before) as f64 / requests,
            });
        }
        all
    }

    /// Returns the transactions so far. As many as before are not reported yet.
    async fn transactions(&self, admin: &Client, send: &mut (impl FnMut() + Send)) -> i64 {
        tokio::time::sleep(REPORT_INTERVAL).await;
        (0..REPORTING).for_each(|_| send());
        let query = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = $1";
        admin.query_one(query, &[&self.database]).await.unwrap().get(0)
    }
}
