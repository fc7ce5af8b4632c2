SELECT EXISTS (SELECT FROM advisorjobs_people)
