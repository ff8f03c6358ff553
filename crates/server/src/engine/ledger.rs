//! The ownership ledger: what a runtime made, written to the store before it is made.

use std::sync::Arc;

use async_trait::async_trait;
use lia_protocol::ids::InstanceId;
use lia_runtime::{Ledger, Resource, RuntimeError};
use lia_store::{LedgerRecord, Op, Store, Txn};

/// A [`Ledger`] in the store.
pub struct StoreLedger(pub Arc<dyn Store>);

fn record(instance: InstanceId, r: &Resource) -> LedgerRecord {
    LedgerRecord { instance, kind: r.kind.clone(), name: r.name.clone() }
}

fn failed(e: lia_store::StoreError) -> RuntimeError {
    RuntimeError::Ledger(e.to_string())
}

#[async_trait]
impl Ledger for StoreLedger {
    async fn record(&self, instance: InstanceId, resources: &[Resource]) -> Result<(), RuntimeError> {
        let ops = resources.iter().map(|r| Op::Record(record(instance, r))).collect();
        self.0.commit(Txn::process(ops)).await.map(drop).map_err(failed)
    }

    async fn strike(&self, instance: InstanceId, resources: &[Resource]) -> Result<(), RuntimeError> {
        let ops = resources.iter().map(|r| Op::Strike(record(instance, r))).collect();
        self.0.commit(Txn::process(ops)).await.map(drop).map_err(failed)
    }

    async fn of(&self, instance: InstanceId) -> Result<Vec<Resource>, RuntimeError> {
        let all = self.0.ledger(Some(instance)).await.map_err(failed)?;
        Ok(all.into_iter().map(|r| Resource { kind: r.kind, name: r.name }).collect())
    }
}
