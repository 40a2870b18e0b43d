-- A simulated trial is a phase of a kind of its own, so that no query takes its numbers for results.

alter table phases drop constraint phases_kind_check;
alter table phases add constraint phases_kind_check
  check (kind in ('base', 'pretrain', 'finetune', 'evaluate', 'analyse', 'simulate'));
comment on column phases.kind is 'base, pretrain, finetune, evaluate, analyse, or simulate: a simulated trial, whose numbers mean nothing.';
