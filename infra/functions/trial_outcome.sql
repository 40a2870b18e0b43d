create or replace function trial_outcome(of_trial bigint)
returns table (
  accuracy double precision, chance double precision, items integer, split text, final_loss double precision, steps integer, total_steps integer,
  attempts integer, gpu_seconds double precision
) language plpgsql stable rows 1 as $$
#variable_conflict use_column
begin
  return query
  select e.accuracy, e.chance, e.items, e.split, train.final_loss, train.steps, train.total_steps, p.attempts, p.gpu_seconds
  from (
    select coalesce(sum(ph.attempt), 0)::integer as attempts,
      sum(c.seconds + c.superseded_seconds) as gpu_seconds
    from trial_phases tp
    join phases ph on ph.phase_id = tp.phase_id
    left join phase_costs c on c.phase_id = ph.phase_id
    where tp.trial_id = of_trial
  ) p
  left join lateral (
    select ev.accuracy, ev.chance, ev.items, ev.split
    from trial_phases tp join evaluations ev on ev.phase_id = tp.phase_id
    where tp.trial_id = of_trial
    order by tp.position desc
    limit 1
  ) e on true
  left join lateral (
    select coalesce(a.step, 0) as steps, ph.total_steps,
      (select l.value from metric_last l join metric_names n on n.metric = l.metric where n.name = 'loss_nats' and l.phase_id = ph.phase_id) as final_loss
    from trial_phases tp
    join phases ph on ph.phase_id = tp.phase_id and ph.kind in ('base', 'pretrain', 'finetune', 'simulate')
    left join attempts a on a.phase_id = ph.phase_id and a.attempt = ph.attempt
    where tp.trial_id = of_trial
    order by tp.position desc
    limit 1
  ) train on true;
end
$$;

comment on function trial_outcome(bigint) is 'What a trial has come to so far, over all its phases; one row.';
