//! The demo.
/// x
pub struct DemoOptions { /// x
 pub once: bool, /// x
 pub data: Option<std::path::PathBuf>, /// x
 pub seed: u64, /// x
 pub listen: Option<String> }
/// x
pub async fn run(_: DemoOptions) -> Result<(), crate::StartError> { Ok(()) }
