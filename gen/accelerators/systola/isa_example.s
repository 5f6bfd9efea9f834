; y = relu(x @ w): x is 128 x 16 at 0x1000, w is 16 x 16 at 0x2000, y is written to 0x3000; int8, row-major.
; One half of x is multiplied while the other is loaded, on a core of size 16 with a bus of 64 bits.
    SET     LOAD_SIZE, 3                    ; elements of 8 bytes
    SET     LOAD_COUNT0, 32                 ; w: 256 bytes
    SET     LOAD_COUNT1, 1
    SET     LOAD_COUNT2, 1
    SET     LOAD_BUS_STRIDE0, 8
    SET     LOAD_LOCAL_STRIDE0, 8
    LOAD    0x2000, 0x20000                 ; weights follow 128 KiB of activations
    SET     LOAD_COUNT0, 128                ; half of x: 1024 bytes
    MOVE    r1=0x1000, r2=0x0
    LOAD    r1, r2
    SET     STORE_SIZE, 3
    SET     STORE_COUNT0, 128
    SET     STORE_COUNT1, 1
    SET     STORE_COUNT2, 1
    SET     STORE_BUS_STRIDE0, 8
    SET     STORE_LOCAL_STRIDE0, 8
    SET     WEIGHT_STRIDE, 1
    SET     COUNT_X, 64
    SET     COUNT_Y, 1
    SET     STRIDE_X, 1
    SET     WINDOW_X, 1
    SET     WINDOW_Y, 1
    SET     POINTS_X, 64
    SET     POINTS_Y, 1
    SET     SOURCE_X, 1
    SET     DEST_X, 1
    QUANT   0x40000000, 0, low=0, high=127, shift=-6        ; times 2^-7
    SYNC    load
    WEIGHTS 0, 16
    MATMUL  0, 0, keep                      ; words 0 to 63 into rows 0 to 63
    LOAD    0x1400, 0x400                   ; meanwhile words 64 to 127
    SYNC    load
    MATMUL  64, 64
    SYNC    array
    LOOP    2
        VECTOR  r3, r4+128
        SYNC    vector
        STORE   r5+0x3000, r5+0x800
        MOVE    r3=64, r4=64
    END     r5+1024
    HALT
