//! A host in this process, on a port, a store and a folder of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use everfold::{Config, StartError};
use reqwest::{
    Method, RequestBuilder,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{Answer, CODE, Place, Process, patiently, wait_until};

/// A host and a client of it. It has a store of its own, and knows the context `shop`.
pub(crate) struct Host {
    base: String,
    client: reqwest::Client,
    folder: TempDir,
    place: Arc<Place>,
    config: Config,
    served: Served,
}

enum Served {
    Here(CancellationToken, JoinHandle<Result<(), StartError>>),
    By(Box<Process>),
}

impl Host {
    /// Starts a host with the default configuration, changed by `change`.
    pub(crate) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Arc::new(Place::new(folder.path()));
        Self::start_at(folder, place, change).await
    }

    /// Starts a host of this name on a database, beside all others that are there.
    pub(crate) async fn start_sharing(
        place: &Arc<Place>,
        node: &str,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let change = |config: &mut Config| {
            config.node = node.to_owned();
            change(config);
        };
        Self::start_at(tempfile::tempdir().unwrap(), Arc::clone(place), change).await
    }

    async fn start_at(folder: TempDir, place: Arc<Place>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::embedded();
        config.listen = "127.0.0.1:0".to_owned();
        config.store = place.store();
        config.reducers = folder.path().join("reducers");
        config.contexts = vec!["shop".to_owned()];
        config.code_cache = CODE.to_owned();
        change(&mut config);
        Self::serve(folder, place, config).await
    }

    async fn serve(folder: TempDir, place: Arc<Place>, config: Config) -> Self {
        let listener = TcpListener::bind(&config.listen).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let serving = everfold::serve(config.clone(), listener, shutdown.clone());
        let node = config.node.clone();
        let served = tokio::spawn(async move {
            // Where it ends too early the test only sees that nobody answers.
            serving.await.inspect_err(|error| eprintln!("the host {node} ended: {error}"))
        });
        let served = Served::Here(shutdown, served);
        Self { base, client: reqwest::Client::new(), folder, place, config, served }
    }

    /// The same, run by the real program.
    pub(crate) async fn start_process() -> Self {
        Self::start_process_with(&[]).await
    }

    /// The same, with an environment.
    pub(crate) async fn start_process_with(environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Arc::new(Place::new(folder.path()));
        Self::by_process(folder, place, "local", environment).await
    }

    /// The same, of this name, on a store that is there already.
    pub(crate) async fn serve_by_process(folder: TempDir, place: Arc<Place>, node: &str) -> Self {
        Self::by_process(folder, place, node, &[]).await
    }

    async fn by_process(
        folder: TempDir,
        place: Arc<Place>,
        node: &str,
        environment: &[(&str, &str)],
    ) -> Self {
        let mut config = Config::embedded();
        config.node = node.to_owned();
        config.store = place.store();
        config.reducers = folder.path().join("reducers");
        let reducers = config.reducers.to_str().unwrap();
        let arguments =
            ["--store", &config.store, "--reducers", reducers, "--context", "shop", "--node", node];
        let process = Process::serve_with(&arguments, environment).await;
        let base = process.base().to_owned();
        let served = Served::By(Box::new(process));
        Self { base, client: reqwest::Client::new(), folder, place, config, served }
    }

    /// The same, with a client that sends this token unless a request sends another.
    pub(crate) fn with_token(mut self, token: &str) -> Self {
        let bearer = (AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
        let headers = HeaderMap::from_iter([bearer]);
        self.client = reqwest::Client::builder().default_headers(headers).build().unwrap();
        self
    }

    /// Stops it as a signal would, and starts another on the same files; `meanwhile` may change them.
    pub(crate) async fn restart(self, meanwhile: impl FnOnce(&mut Config)) -> Self {
        let Self { folder, place, mut config, served, client, .. } = self;
        drop(client);
        let Served::Here(shutdown, served) = served else { panic!("it is another process") };
        shutdown.cancel();
        patiently("the host to stop", served).await.unwrap().unwrap();
        meanwhile(&mut config);
        Self::serve(folder, place, config).await
    }

    /// Stops it, and fails the test unless it ends as it should.
    pub(crate) async fn stop(self) {
        let Served::Here(shutdown, served) = self.served else { panic!("it is another process") };
        drop(self.client);
        shutdown.cancel();
        patiently("the host to stop", served).await.unwrap().unwrap();
    }

    /// The program that runs it.
    pub(crate) fn process(&self) -> &Process {
        let Served::By(process) = &self.served else { panic!("it is in this process") };
        process
    }

    /// The same, to be ended.
    pub(crate) fn process_mut(&mut self) -> &mut Process {
        let Served::By(process) = &mut self.served else { panic!("it is in this process") };
        process
    }

    /// Starts the program again on the same files, after it has ended.
    pub(crate) async fn start_again(self) -> Self {
        let node = self.config.node.clone();
        Self::serve_by_process(self.folder, self.place, &node).await
    }

    /// Where its store lies.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Where it keeps its files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// `http://ADDRESS:PORT`.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// A request to be changed and sent.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let response = patiently("an answer", request.send()).await.unwrap();
        patiently("a body", Answer::read(response)).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    /// Posts an event to the context `shop`, as [`Self::post_to`] does.
    pub(crate) async fn post(&self, event_type: &str, entity: &str, id: &str, data: &Value) -> Answer {
        self.post_to("shop", event_type, entity, id, &data.to_string()).await
    }

    /// Posts an event.
    pub(crate) async fn post_to(
        &self,
        context: &str,
        event_type: &str,
        entity: &str,
        id: &str,
        body: &str,
    ) -> Answer {
        let request = self.request("POST", &format!("/{context}/{event_type}/{entity}/{id}"));
        self.send(request.header("content-type", "application/json").body(body.to_owned())).await
    }

    /// Posts a batch, which is a JSON array.
    pub(crate) async fn post_batch(&self, context: &str, batch: &Value) -> Answer {
        let request = self.request("POST", &format!("/{context}/events"));
        self.send(request.header("content-type", "application/json").body(batch.to_string())).await
    }

    /// The context's events, from the first on.
    pub(crate) async fn events(&self, context: &str) -> Vec<Value> {
        let page = self.get(&format!("/{context}/events?limit=1000")).await.expect(200).json();
        page["events"].as_array().unwrap().clone()
    }

    /// Waits until an entity's model is as `is` says.
    pub(crate) async fn model_that(&self, path: &str, is: impl Fn(&Value) -> bool) -> Value {
        wait_until(&format!("another {path}"), async || {
            let answer = self.get(path).await;
            match answer.status {
                200 if is(&answer.json()) => Ok(answer.json()),
                _ => Err(format!("{} {}", answer.status, answer.text())),
            }
        })
        .await
    }

    /// Waits until an entity's model is this one.
    pub(crate) async fn model_is(&self, path: &str, expected: &Value) {
        self.model_that(path, |model| model == expected).await;
    }

    /// The path that stands for a domain.
    pub(crate) fn file(&self, context: &str, domain: &str) -> PathBuf {
        file_in(&self.config, context, domain)
    }

    /// Puts a file into the folder, all at once.
    pub(crate) fn put_file(&self, context: &str, domain: &str, bytes: &[u8]) {
        put_file_in(&self.config, context, domain, bytes);
    }
}

/// The path that stands for a domain, also while no host is running.
pub(crate) fn file_in(config: &Config, context: &str, domain: &str) -> PathBuf {
    config.reducers.join(context).join(format!("{domain}.wasm"))
}

/// Puts a file into the folder, all at once, also while no host is running.
pub(crate) fn put_file_in(config: &Config, context: &str, domain: &str, bytes: &[u8]) {
    let path = file_in(config, context, domain);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, bytes).unwrap();
    fs::rename(unfinished, path).unwrap();
}
