//! auth-service and Better Auth.

use std::sync::Arc;

use tokio_postgres::Client;

use super::accounts::{Account, get, gets, sign_ins, sign_up, sign_ups};
use super::footprint::{self, Started};
use super::http::Requests;
use super::limits::BareHandler;
use super::load::{self, Before, Case, Load};
use super::open_loop;
use super::plan::Plan;
use super::programs;
use super::results::{Operation, Results, Target};
use super::servers::{Launch, Server};
use super::stage::Stage;

/// Sessions without a token, more than requests in one turn.
const FRESH_SESSIONS: usize = 40_000;
/// Accounts that sign in, more than connections: a second sign-in of one account would be refused while the first waits.
const SIGN_INS: usize = 16;
/// The paths of the operations.
const GET_SESSION: &str = "/api/auth/get-session";
const TOKEN: &str = "/api/auth/token";
const JWKS: &str = "/api/auth/jwks";
/// Tokens are kept for the state of a user that they were signed for.
const FORGET_TOKENS: &[&str] = &["UPDATE users SET updated_at = clock_timestamp() WHERE id = 'crowd'"];
/// Requests per second in the open loop.
const RATES: &[u32] = &[100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800];

/// Sessions of one user, with tokens that are known.
const FRESH: &str = "
    INSERT INTO users (id, name, email, email_verified, created_at, updated_at)
    VALUES ('crowd', 'Crowd', 'crowd@example.com', false, now(), now());
    INSERT INTO status_indexes (idx) SELECT 500000 + n FROM generate_series(1, COUNT) n ON CONFLICT DO NOTHING;
    INSERT INTO sessions (id, user_id, token_hash, created_at, updated_at, expires_at, remembered, ip_address,
                          user_agent, status_index)
    SELECT gen_random_uuid(), 'crowd', sha256(('fresh' || n)::bytea), now(), now(), now() + interval '7 days', true, '',
           '', 500000 + n
    FROM generate_series(1, COUNT) n;";

/// A server with accounts at each cost of bcrypt.
struct Side {
    target: Target,
    launch: Launch,
    /// With bcrypt cost 12, as in production.
    server: Server,
    /// With bcrypt cost 10.
    quick: Server,
    accounts: Vec<Account>,
    quick_accounts: Vec<Account>,
}

/// Measures all operations.
pub async fn measure(stage: &Stage, plan: &Plan, results: &mut Results) {
    let url = stage.cluster().auth().service_url();
    let ours = |cost| programs::auth_service(stage.cluster().auth(), &url, cost);
    let theirs = |cost| programs::better_auth(&stage.peer_url("better_auth"), cost);
    // Creates the tables and the key.
    theirs(12).with("MIGRATE", "1").start().await.stop().await;
    let sides = [
        Side::new(Target::Latchkey, ours(12), ours(10)).await,
        Side::new(Target::BetterAuth, theirs(12), theirs(10)).await,
    ];
    let mut started = Vec::new();
    for side in &sides {
        started.push(Started::new(
            &side.launch,
            &side.server,
            gets(&side.server, &side.accounts, GET_SESSION),
        ));
    }
    let idle = footprint::idle(&started).await;

    let bare = BareHandler::like(&sides[0].server, JWKS).await;
    let mut cases = Vec::new();
    for (operation, path) in
        [(Operation::GetSession, GET_SESSION), (Operation::Token, TOKEN), (Operation::Jwks, JWKS)]
    {
        for side in &sides {
            let requests = match operation {
                Operation::Jwks => get(&side.server, path),
                _ => gets(&side.server, &side.accounts, path),
            };
            cases.push(case(stage, side.target, operation, &side.server, &requests));
        }
        if operation == Operation::Jwks {
            cases.push(case(stage, Target::BareActix, operation, bare.server(), &get(bare.server(), "/")));
        }
    }
    for connections in plan.connections {
        results.closed.extend(load::measure(&cases, *connections, plan.turns, stage.postmaster()).await);
    }
    results.footprints.extend(footprint::loaded(&started, &idle, plan).await);

    let open = sides.iter().map(|side| open_loop::Case {
        target: side.target,
        operation: Operation::GetSession,
        address: side.server.address().to_owned(),
        requests: gets(&side.server, &side.accounts, GET_SESSION),
    });
    results.open.extend(open_loop::measure(open.collect(), RATES, plan.open_turn).await);
    fresh_tokens(stage, plan, results, ours(12)).await;
    hashes(stage, plan, results, &sides).await;
}

impl Side {
    async fn new(target: Target, launch: Launch, quick: Launch) -> Self {
        let (server, quick) = (launch.start().await, quick.start().await);
        let accounts = sign_up(&server, "user", SIGN_INS).await;
        let quick_accounts = sign_up(&quick, "quick", SIGN_INS).await;
        Self { target, launch, server, quick, accounts, quick_accounts }
    }
}

/// A service of its own, because its cache of tokens grows.
async fn fresh_tokens(stage: &Stage, plan: &Plan, results: &mut Results, launch: Launch) {
    let client: Arc<Client> = stage.superuser(stage.cluster().auth().name()).await;
    client.batch_execute(&FRESH.replace("COUNT", &FRESH_SESSIONS.to_string())).await.unwrap();
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    let server = launch.start().await;
    let mut requests = Requests::default();
    for n in 1..=FRESH_SESSIONS {
        let header = format!("Authorization: Bearer fresh{n}");
        requests.push(server.address(), "GET", TOKEN, &[header], None);
    }
    let mut case = case(stage, Target::Latchkey, Operation::FreshToken, &server, &requests);
    case.before = Some(Before { client, statements: FORGET_TOKENS });
    for connections in plan.connections {
        let cases = std::slice::from_ref(&case);
        results.closed.extend(load::measure(cases, *connections, plan.turns, stage.postmaster()).await);
    }
}

async fn hashes(stage: &Stage, plan: &Plan, results: &mut Results, sides: &[Side]) {
    for operation in [Operation::SignIn, Operation::SignInCost10, Operation::SignUp] {
        let mut cases = Vec::new();
        for side in sides {
            let (server, requests) = match operation {
                Operation::SignIn => (&side.server, sign_ins(&side.server, &side.accounts)),
                Operation::SignInCost10 => (&side.quick, sign_ins(&side.quick, &side.quick_accounts)),
                _ => (&side.server, sign_ups(&side.server)),
            };
            cases.push(case(stage, side.target, operation, server, &requests));
        }
        for connections in plan.hash_connections {
            let closed = load::measure(&cases, *connections, plan.hash_turns, stage.postmaster()).await;
            results.closed.extend(closed);
        }
    }
}

fn case(stage: &Stage, target: Target, operation: Operation, server: &Server, requests: &Requests) -> Case {
    let name = format!("{operation:?}-{target:?}");
    let file = stage.directory().join(name);
    requests.write(&file);
    let load = Load::Wrk { address: server.address().to_owned(), requests: file, count: requests.raw.len() };
    Case { target, operation, load, server: Some(server.id()), before: None }
}
