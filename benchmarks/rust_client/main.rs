//! The same as adds.cpp and reads.cpp by the Rust client, on the runtime of the examples in its documentation.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   rust_client URL adds COUNT PREFIX    stores COUNT records one by one, called PREFIX-00000000 and so on
//   rust_client URL bulks COUNT PREFIX   the same in bulks of 500
//   rust_client URL read                 reads every record
// Each prints the number of records, the seconds, the seconds of CPU and the peak of memory in KB.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use auditor::domain::{Component, RecordAdd, Score};
use auditor_client::{AuditorClient, AuditorClientBuilder};
use chrono::{DateTime, Duration, TimeZone, Utc};

const IN_A_BULK: usize = 500;
const USER: &str =
    "%2FDC=org%2FDC=example%2FOU=Organic Units%2FOU=Users%2FCN=atlas-pilot-0001%2FCN=Robot: production";

fn record_called(id: &str) -> Result<RecordAdd> {
    let start: DateTime<Utc> = Utc.with_ymd_and_hms(2024, 1, 1, 0, 0, 0).unwrap();
    let meta = HashMap::from([("site_id", vec!["site-1.example.org"]), ("user_id", vec![USER])]);
    let components = vec![
        Component::new("Cores", 8)?.with_score(Score::new("HEPSPEC06", 9.2)?),
        Component::new("Memory", 16_000)?.with_score(Score::new("MemoryFactor", 1.5)?),
    ];
    Ok(RecordAdd::new(id, meta, components, start)?.with_stop_time(start + Duration::hours(3)))
}

fn record_numbered(prefix: &str, number: usize) -> Result<RecordAdd> {
    record_called(&format!("{prefix}-{number:08}"))
}

async fn adds(client: &AuditorClient, count: usize, prefix: &str) -> Result<usize> {
    for number in 0..count {
        client.add(&record_numbered(prefix, number)?).await?;
    }
    Ok(count)
}

async fn bulks(client: &AuditorClient, count: usize, prefix: &str) -> Result<usize> {
    for first in (0..count).step_by(IN_A_BULK) {
        let bulk = (first..count.min(first + IN_A_BULK)).map(|number| record_numbered(prefix, number));
        client.bulk_insert(&bulk.collect::<Result<Vec<_>>>()?).await?;
    }
    Ok(count)
}

/// Of the whole process, its threads and system calls included.
fn seconds_of_cpu() -> f64 {
    let mut used = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut used) };
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

fn peak_of_memory() -> Result<u64> {
    let about = std::fs::read_to_string("/proc/self/status")?;
    let line = about.lines().find(|line| line.starts_with("VmHWM:")).context("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).context("no number")?.parse()?)
}

async fn measure(work: impl Future<Output = Result<usize>>) -> Result<()> {
    let (cpu, start) = (seconds_of_cpu(), Instant::now());
    let count = work.await?;
    let (wall, used) = (start.elapsed().as_secs_f64(), seconds_of_cpu() - cpu);
    println!("{count} {wall:.6} {used:.6} {}", peak_of_memory()?);
    Ok(())
}

async fn run(arguments: &[&str]) -> Result<()> {
    let Some((url, way)) = arguments.split_first() else { bail!("which server?") };
    let client = AuditorClientBuilder::new().connection_string(url).timeout(600).build()?;
    match way {
        ["adds", count, prefix] => measure(adds(&client, count.parse()?, prefix)).await,
        ["bulks", count, prefix] => measure(bulks(&client, count.parse()?, prefix)).await,
        ["read"] => measure(async { Ok(client.get().await?.len()) }).await,
        _ => bail!("usage: rust_client URL adds|bulks COUNT PREFIX, or rust_client URL read"),
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run(&arguments).await
}
