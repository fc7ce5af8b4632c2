SELECT o.* FROM advisorjobs_organizations(
    %(organization_id)s::text, %(hours)s::int, %(like)s::text, %(order)s::text, %(skip)s::int, %(most)s::int, %(bound)s::int) o
