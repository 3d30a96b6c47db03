-- Fails the transaction if a condition does not hold, so that its commit can be sent behind it without knowing its result.
-- See infra/database/condition.ts.
CREATE FUNCTION require_condition(holds boolean, state text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF holds IS NOT TRUE THEN
    RAISE EXCEPTION 'a condition of the transaction does not hold' USING ERRCODE = state;
  END IF;
END $$;
