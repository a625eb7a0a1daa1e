//! TLS at the gateway, by docker-compose.tls.yml.

use reqwest::{Certificate, Client, redirect::Policy};

use crate::engine::{docker, inspect};
use crate::stack::Stack;
use crate::user::User;
use local_stack::testing::free_port;

#[tokio::test]
async fn the_gateway_ends_tls_and_keeps_its_certificates() {
    let Some(mut stack) =
        Stack::new(&[("DOMAIN", "localhost"), ("GATEWAY_TLS", "tls internal")], &["docker-compose.tls.yml"])
    else {
        return;
    };
    let (http, https) = (free_port(), stack.port);
    stack.set("PUBLIC_URL", &format!("https://localhost:{https}"));
    stack.set("GATEWAY_HTTP_PUBLISH", &format!("127.0.0.1:{http}"));
    stack.set("GATEWAY_HTTPS_PUBLISH", &format!("127.0.0.1:{https}"));
    stack.start(&[]).await;
    let root = root_certificate(&stack).await;
    let url = format!("https://localhost:{https}");

    let user = User::sign_up_by(client(&root), &url, "encrypted").await;
    assert_eq!(user.create_task("over TLS").await, 201);
    let page = user.get("/signin").send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Sign in"));
    let answer = client(&root).get(format!("http://localhost:{http}/signin")).send().await.unwrap();
    assert_eq!(answer.headers()["location"], "https://localhost/signin", "as published on port 443");

    // A new container has the certificates of the old one, and its data besides.
    stack.run(&["rm", "--stop", "--force", "gateway"]).await;
    stack.start(&[]).await;
    assert_eq!(root_certificate(&stack).await, root);
    assert_eq!(user.titles().await, ["over TLS"]);
    let report = inspect(&stack.container("gateway", 1)).await;
    assert_eq!(report["Config"]["User"], "1000:1000");
    assert_eq!(report["HostConfig"]["ReadonlyRootfs"], true);
}

/// The root of the CA that the gateway has made for itself.
async fn root_certificate(stack: &Stack) -> String {
    let volume = format!("{}:/data:ro", stack.named("gateway"));
    let image = stack.image("deployment");
    let path = "/data/caddy/pki/authorities/local/root.crt";
    docker([
        "run",
        "--rm",
        "--network=none",
        "--user=1000",
        "--volume",
        &volume,
        "--entrypoint",
        "cat",
        &image,
        path,
    ])
    .await
}

fn client(root: &str) -> Client {
    let root = Certificate::from_pem(root.as_bytes()).unwrap();
    Client::builder().no_proxy().redirect(Policy::none()).tls_certs_only([root]).build().unwrap()
}
