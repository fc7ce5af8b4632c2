INSERT INTO practice_ai_usage (organization_id, job_id, run, job_name, model, prompt_tokens, completion_tokens, cost, cost_currency)
VALUES (%(organization)s, %(job)s, %(run)s, %(job_name)s, %(model)s, %(prompt_tokens)s, %(completion_tokens)s, %(cost)s,
        %(currency)s)
