//! The command `rebuild`.

use crate::config::Settings;
use crate::error::Fault;
use crate::projection::{await_order, order_rebuild};
use service_kit::postgres::connect;
use service_kit::service::chain;
use std::process::ExitCode;

/// Gives the order and, if wanted, waits until it is carried out, saying how it stands.
#[must_use]
pub fn run(settings: &Settings, wait: bool) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ordered = match runtime {
        Ok(runtime) => runtime.block_on(give(settings, wait)),
        Err(source) => Err(Fault::Runtime(source)),
    };
    match ordered {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("graphql-endpoint rebuild: {}", chain(&fault));
            ExitCode::FAILURE
        }
    }
}

async fn give(settings: &Settings, wait: bool) -> Result<(), Fault> {
    let (client, _connection) =
        connect(&settings.database, &settings.database_name, "graphql-endpoint rebuild order").await?;
    let id = order_rebuild(&client).await?;
    println!("order {id}: build the projection again; users and requests stay");
    if !wait {
        return Ok(());
    }
    await_order(&client, id, |order| {
        if order.is_finished {
            println!("order {id}: in place, {} transactions", order.projected);
        } else if order.is_started {
            println!("order {id}: {} transactions so far", order.projected);
        } else {
            println!("order {id}: waiting for a running endpoint");
        }
    })
    .await
}
