module example.com/{{name}}

go 1.24

require everfold v0.0.0

replace everfold => ./everfold
