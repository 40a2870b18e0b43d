-- Those that nobody opens an attempt of, ends one of, or deletes at this moment; the others come later.
select phase_id from phases where phase_id = any ($1::bigint[]) order by phase_id for no key update skip locked
