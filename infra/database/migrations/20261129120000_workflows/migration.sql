-- The tables of durable workflows (infra/sagas). Their library makes them itself, once this is there.
CREATE SCHEMA IF NOT EXISTS workflows;
