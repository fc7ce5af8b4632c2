CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy
