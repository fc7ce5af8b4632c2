SELECT advisorjobs_hand_back(%(worker)s::bigint, %(token)s::uuid, %(but)s::bigint[])
