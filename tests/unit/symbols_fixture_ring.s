# Debug information that goes in circles: a typedef of itself, a struct that contains itself, an
# array of itself and a function that is its own origin.
        .data
        .globl ring_typedef, ring_function
ring_typedef:
        .quad 0
ring_struct:
        .quad 0
ring_array:
        .quad 0
        .text
ring_function:
        nop
        nop
ring_end:

        .section .debug_abbrev,"",@progbits
        .uleb128 1, 0x11                # compile_unit with children
        .byte 1
        .uleb128 0x11, 0x01, 0x12, 0x06 # low_pc addr, high_pc data4
        .uleb128 0, 0
        .uleb128 2, 0x34                # variable
        .byte 0
        .uleb128 0x03, 0x08, 0x49, 0x13, 0x02, 0x18 # name string, type ref4, location exprloc
        .uleb128 0, 0
        .uleb128 3, 0x16                # typedef
        .byte 0
        .uleb128 0x49, 0x13
        .uleb128 0, 0
        .uleb128 4, 0x13                # struct with children
        .byte 1
        .uleb128 0x0b, 0x0b             # byte_size data1
        .uleb128 0, 0
        .uleb128 5, 0x0d                # member
        .byte 0
        .uleb128 0x03, 0x08, 0x49, 0x13, 0x38, 0x0b # name, type, data_member_location data1
        .uleb128 0, 0
        .uleb128 6, 0x01                # array with children
        .byte 1
        .uleb128 0x49, 0x13
        .uleb128 0, 0
        .uleb128 7, 0x21                # subrange
        .byte 0
        .uleb128 0x37, 0x0b             # count data1
        .uleb128 0, 0
        .uleb128 8, 0x2e                # subprogram
        .byte 0
        .uleb128 0x31, 0x13, 0x11, 0x01, 0x12, 0x06 # abstract_origin ref4, low_pc, high_pc
        .uleb128 0, 0
        .byte 0

        .section .debug_info,"",@progbits
unit:   .long unit_end - unit_begin
unit_begin:
        .value 4                        # version
        .long .debug_abbrev
        .byte 8
        .uleb128 1
        .quad ring_function
        .long ring_end - ring_function

        .macro variable name, type
        .uleb128 2
        .asciz "\name"
        .long \type - unit
        .byte 9, 0x03                   # DW_OP_addr
        .quad \name
        .endm
        variable ring_typedef, alias
        variable ring_struct, nest
        variable ring_array, row

alias:  .uleb128 3
        .long alias - unit
nest:   .uleb128 4
        .byte 8
        .uleb128 5
        .asciz "self"
        .long nest - unit
        .byte 0
        .byte 0
row:    .uleb128 6
        .long row - unit
        .uleb128 7
        .byte 2
        .byte 0
function:
        .uleb128 8
        .long function - unit
        .quad ring_function
        .long ring_end - ring_function
        .byte 0
unit_end:
        .section .note.GNU-stack,"",@progbits
