"""Programs of `systola` as text and as bytes."""


def test_asm_and_disasm(systola, tmp_path):
    text = "LOOP    3\n    QUANT   r1, 0, zero_point=0, low=-128, high=127, shift=1\nEND     r1+16\nHALT\n"
    (tmp_path / "program.s").write_text(text)
    run = systola("asm", "program.s", "-o", "program.bin")
    assert (run.returncode, run.stdout) == (0, "program.bin  4 instructions\n")
    assert (tmp_path / "program.bin").stat().st_size == 64
    run = systola("disasm", "program.bin")
    assert (run.returncode, run.stdout) == (0, text)


def test_illegal_programs(systola, tmp_path):
    (tmp_path / "program.s").write_text("HALT\nLAOD 0, 0\n")
    (tmp_path / "latin.s").write_bytes(b"HALT ; \xe4\n")
    (tmp_path / "hazard.s").write_text("LOOP 2\nSYNC\n\nWEIGHTS 1024, 4\nEND\n")
    (tmp_path / "program.bin").write_bytes(bytes(16))
    for arguments, message in (
        (("asm", "none.s", "-o", "x"), "none.s: No such file or directory."),
        (("asm", "program.s", "-o", "x"), "program.s: line 2: there is no instruction 'LAOD'; did you mean LOAD?"),
        (
            ("asm", "hazard.s", "-o", "x", "-p", "size=32", "-p", "weight_bytes=32768"),
            "hazard.s: line 4 (WEIGHTS 1024, 4; iteration 0) accesses weight words 1024 to 1024; legal are 0 to 1023.",
        ),
        (
            ("asm", "program.s", "-o", "x", "-p", "size=5"),
            "size=5: size must be a power of two.",
        ),
        (("asm", "latin.s", "-o", "x"), "latin.s is not text: see `systola disasm`."),
        (("disasm", "program.bin"), "program.bin: instruction 0: there is no opcode 0x00."),
    ):
        run = systola(*arguments)
        assert (run.returncode, run.stdout, run.stderr) == (2, "", f"systola: {message}\n")
    assert not (tmp_path / "x").exists()
