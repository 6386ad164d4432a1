"""The door that speaks Camunda 8's Orchestration Cluster REST API: deploy, run, work and watch, by the desk's rules."""
