// The generated client is the folder `client` of this module. It needs no other.
module story

go 1.19
