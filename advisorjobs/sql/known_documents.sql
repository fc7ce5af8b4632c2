-- Which of an organization's folders belong to a document. The function lets row-level security show them for this query.
SELECT folder FROM advisorjobs_known_folders(%(organization)s, %(folders)s::text[]) AS folder
