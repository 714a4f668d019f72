//! The acts of the demo: feed the shop, wait until all is folded, ask the models.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tokio::time::interval;
use uuid::Uuid;

use super::{
    DemoError, Result,
    answers::{Models, answers as render, pick_cart},
    client::Client,
    feed::FeedEvent,
};

/// Requests under way at once.
const CONNECTIONS: usize = 32;
/// How often the host is asked how far it is.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Posts the events, one per request. Gives how many.
pub(super) async fn feed(client: &Client, events: Vec<FeedEvent>) -> Result<u64> {
    let count = events.len() as u64;
    let style = ProgressStyle::with_template("  {bar:40} {pos}/{len} events, {per_sec}");
    let bar = ProgressBar::new(count).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let posts = stream::iter(events).map(|event| {
        let (client, bar) = (client.clone(), bar.clone());
        async move {
            let FeedEvent { event_type, entity, id, data } = event;
            client.post(&format!("/shop/{event_type}/{entity}/{id}"), &data).await?;
            bar.inc(1);
            Ok::<_, DemoError>(())
        }
    });
    posts.buffer_unordered(CONNECTIONS).try_collect::<Vec<()>>().await?;
    bar.finish();
    println!("  {count} events posted, each durable before it was acknowledged");
    Ok(count)
}

/// Waits until so many domains are active and have folded everything, with at least so many events.
pub(super) async fn wait_for(client: &Client, domains: usize, events: u64) -> Result<()> {
    let mut again = interval(ASK_AGAIN);
    loop {
        again.tick().await;
        let status = client.get("/_/reducers").await?;
        let reducers = status["reducers"].as_array().map(Vec::as_slice).unwrap_or_default();
        if let Some(failed) = reducers.iter().find(|reducer| reducer["state"]["name"] == "failed") {
            return Err(DemoError::Broken(failed.to_string()));
        }
        let caught_up = |reducer: &&Value| reducer["state"]["name"] == "active" && reducer["lag"] == 0;
        if reducers.iter().filter(caught_up).count() == domains && status["head"].as_u64() >= Some(events) {
            return Ok(());
        }
    }
}

/// Reads all models and renders the answers. Gives the cart that was looked at, too.
pub(super) async fn answers(client: &Client) -> Result<(String, String)> {
    let carts = models(client, "cart").await?;
    let products = models(client, "product-analytics").await?;
    let coupons = models(client, "coupons").await?;
    let cart_analytics = client.get("/shop/cart-analytics/model").await?;
    let Some((entity, cart)) = pick_cart(&carts) else {
        return Err(DemoError::Broken("the shop has no carts".to_owned()));
    };
    let text = render(&Models {
        cart: (*entity, cart),
        cart_analytics: &cart_analytics,
        products: &products,
        coupons: &coupons,
    });
    Ok((entity.to_string(), text))
}

async fn models(client: &Client, domain: &str) -> Result<Vec<(Uuid, Value)>> {
    let mut models = Vec::new();
    let mut path = format!("/shop/{domain}/models?limit=500");
    loop {
        let mut page = client.get(&path).await?;
        for entry in page["models"].as_array_mut().into_iter().flatten() {
            let entity = entry["entity"].as_str().and_then(|text| Uuid::try_parse(text).ok());
            models.extend(entity.map(|entity| (entity, entry["model"].take())));
        }
        let Some(next) = page["next"].as_str() else { return Ok(models) };
        path = next.to_owned();
    }
}
