CREATE DATABASE advisorjobs
