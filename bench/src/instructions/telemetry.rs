//! What metrics and traces cost a request: instructions with each of them, beside those without.

use actix_web::{App, HttpResponse, HttpServer, web};

use super::cases::{Batches, Setting};
use crate::report::{head, row};

/// The share of sampled requests for which the cost is calculated.
const SAMPLED: f64 = 0.01;

/// Prints a table of the programs that were built with this one.
pub async fn measure() {
    let program = std::env::current_exe().unwrap();
    let programs = program.parent().unwrap();
    let setting = Setting::new().await;
    let collector = collector();
    let traces =
        |share| [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.as_str()), ("OTEL_TRACES_SAMPLER_ARG", share)];
    let count =
        async |extra: &[(&str, &str)], batches| setting.repeatable_requests(programs, extra, batches).await;
    let without = count(&[], Batches::Short).await;
    let metrics = count(&[("METRICS_BIND", "127.0.0.1:0")], Batches::Short).await;
    let unsampled = count(&traces("0"), Batches::Short).await;
    // Traces are sent once a second, by a thread of the service.
    let sampled = count(&traces("1"), Batches::Long).await;
    head(&[
        "operation",
        "without",
        "metrics",
        "traces, none sampled",
        "all sampled",
        "1 % sampled (calculated)",
    ]);
    for (name, without) in &without {
        let without = *without as f64;
        let cost = |count: f64| format!("{:+.1} %", (count / without - 1.0) * 100.0);
        let [metrics, unsampled, sampled] =
            [&metrics, &unsampled, &sampled].map(|counts| counts[name] as f64);
        let mixed = (1.0 - SAMPLED) * unsampled + SAMPLED * sampled;
        row(&[name.clone(), without.to_string(), cost(metrics), cost(unsampled), cost(sampled), cost(mixed)]);
    }
}

/// Starts a collector that accepts all traces. Returns its URL.
fn collector() -> String {
    let app = || App::new().app_data(web::PayloadConfig::new(usize::MAX)).default_service(web::to(accept));
    let server = HttpServer::new(app).workers(1).bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    tokio::spawn(server.run());
    url
}

async fn accept(_spans: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().finish()
}
