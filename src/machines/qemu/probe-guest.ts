// The boot sector of the accelerator probe. It enters long mode, which is where broken nested virtualisation shows, touches memory,
// reloads its page table and leaves the virtual machine some 700 times, then writes 0x2a to the isa-debug-exit port: QEMU ends with
// (0x2a << 1) | 1 = 85. Assembled from:
//
//   .code16                          ; at 0x7c00
//     cli; xor ax, ax; mov ds, ax; mov es, ax; mov ss, ax; mov sp, 0x7c00
//     mov edi, 0x1000; mov ecx, 3072; xor eax, eax; rep stosd      ; PML4, PDPT, PD
//     mov word ptr [0x1000], 0x2003; mov word ptr [0x2000], 0x3003; mov word ptr [0x3000], 0x0083
//     mov eax, 0x20; mov cr4, eax                                  ; PAE
//     mov eax, 0x1000; mov cr3, eax
//     mov ecx, 0xc0000080; rdmsr; or eax, 0x100; wrmsr             ; EFER.LME
//     lgdt [gdtr]; mov eax, 0x80000001; mov cr0, eax               ; PG, PE
//     ljmp 8:long_mode
//   .code64
//   long_mode: mov ecx, 3000000
//   1: mov rbx, cr3; test ecx, 0xfff; jnz 2f
//     mov cr3, rbx; out 0x80, al
//   2: add qword ptr [0x8000], rcx; dec ecx; jnz 1b
//     mov al, 0x2a; out 0xf4, al
//   3: hlt; jmp 3b
//   gdt: .quad 0, 0x00209a0000000000
//   gdtr: .word 15; .long gdt
const code =
  'fa31c08ed88ec08ed0bc007c66bf0010000066b9000c00006631c066f3abc70600100320c70600200330c7060030830066b8200000000f22e066b800100000' +
  '0f22d866b9800000c00f32660d000100000f300f0116a07c66b8010000800f22c0ea657c0800b9c0c62d000f20dbf7c1ff0f000075050f22dbe68048010c25' +
  '00800000ffc975e4b02ae6f4f4ebfd0f1f00000000000000000000000000009a20000f00907c00000000'

export const probeExitCode = 85

// 1 MiB: SeaBIOS does not boot a disk smaller than one cylinder.
export const probeDisk = (): Uint8Array => {
  const disk = Buffer.alloc(1024 * 1024)
  Buffer.from(code, 'hex').copy(disk)
  disk.writeUInt16LE(0xaa55, 510)
  return disk
}
