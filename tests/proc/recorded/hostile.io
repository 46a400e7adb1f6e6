rchar: 1720406
wchar: 1715
syscr: 681
syscw: 29
read_bytes: 6778880
write_bytes: 8192
cancelled_write_bytes: 0
