module everfold

go 1.24
