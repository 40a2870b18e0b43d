-- Inlined where it is called.
create or replace function shown_point(point jsonb, latents integer) returns jsonb
language sql immutable parallel safe as $$
  select case when latents = 0 and point ? 'latents' then point || '{"latents": 0}' else point end
$$;

comment on function shown_point(jsonb, integer) is
  'Axis values of a cell as views show them: a system without latents has none at every value of that axis.';
