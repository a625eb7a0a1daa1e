//! `up` with a page and without.

use local_stack::process::Stream;
use reqwest::Method;
use serde_json::Value;
use tokio::net::TcpListener;

use super::export::{Export, POLICY};
use crate::scratch::client;
use crate::up::{SOON, Stack, example};

#[tokio::test]
async fn up_serves_the_page_which_finds_both_services_under_either_name() {
    let (stack, export) = (Stack::new().await, Export::new());
    let mut up = stack.up(&[("WEB_DIRECTORY", export.directory().to_str().unwrap())]);
    example(&mut up).await;
    let table = up.output_on(Stream::Stdout).join("\n");
    assert!(table.contains(&format!("  page           http://localhost:{}", stack.web_port)), "{table}");

    for name in ["localhost", "127.0.0.1"] {
        let origin = format!("http://{name}:{}", stack.web_port);
        let page = client().get(format!("{origin}/signin")).send().await.unwrap();
        assert_eq!(page.status(), 200);
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let config = client().get(format!("{origin}/config.json")).send().await.unwrap();
        let services = config.json::<Value>().await.unwrap()["hosts"][name].clone();
        let (auth, tasks) = (services["auth"].as_str().unwrap(), services["tasks"].as_str().unwrap());
        assert_eq!(auth, format!("http://{name}:{}", stack.auth_port));
        assert_eq!(tasks, format!("http://{name}:{}", stack.tasks_port));
        assert_eq!(policy, POLICY.replace("CONNECT", &format!(" {auth} {tasks}")));
        // What the policy lets the page ask, the services answer it.
        for asked in [format!("{auth}/api/auth/sign-in/email"), format!("{tasks}/api/me/tasks")] {
            let preflight = client().request(Method::OPTIONS, &asked).header("origin", &origin);
            let preflight = preflight
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type");
            let answer = preflight.send().await.unwrap();
            assert!(answer.status().is_success(), "{asked}: {answer:?}");
            assert_eq!(answer.headers()["access-control-allow-origin"], origin.as_str(), "{asked}");
        }
    }
    assert!(up.terminate(SOON).await.unwrap().success());
    TcpListener::bind(("127.0.0.1", stack.web_port)).await.unwrap();
}

#[tokio::test]
async fn without_a_page_up_says_so_in_one_line_and_needs_no_port_for_it() {
    let stack = Stack::new().await;
    let _taken = TcpListener::bind(("127.0.0.1", stack.web_port)).await.unwrap();
    let mut up = stack.up(&[]);
    example(&mut up).await;
    let lines = up.output_on(Stream::Stdout);
    let about_it: Vec<_> = lines.iter().filter(|line| line.contains("page")).collect();
    let missing = stack.state().join("no-page");
    assert_eq!(about_it, [&format!("  page           none: {} contains no built page", missing.display())]);
    assert!(up.terminate(SOON).await.unwrap().success());
}

#[tokio::test]
async fn the_pages_port_is_asked_for_before_anything_is_made() {
    let (stack, export) = (Stack::new().await, Export::new());
    let directory = export.directory();
    let page = ("WEB_DIRECTORY", directory.to_str().unwrap());
    let taken = TcpListener::bind(("127.0.0.1", stack.web_port)).await.unwrap();
    let mut up = stack.up(&[page]);
    assert!(!up.finish().await.unwrap().success());
    let said = up.output_on(Stream::Stderr).join("\n");
    assert!(said.contains(&format!("the page cannot use port {}", stack.web_port)), "{said}");
    assert!(said.contains("WEB_PORT="), "{said}");
    drop(taken);

    let mut up = stack.up(&[page, ("TASKS_PORT", &stack.web_port.to_string())]);
    assert!(!up.finish().await.unwrap().success());
    let said = up.output_on(Stream::Stderr).join("\n");
    assert!(said.contains(&format!("TASKS_PORT and WEB_PORT are both {}.", stack.web_port)), "{said}");
    assert!(!stack.state().join("postgres").exists());
}
