# 64-bit Arm Linux: cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE=toolchains/aarch64.cmake (Debian: g++-aarch64-linux-gnu; run under qemu-aarch64 with -DAPP_STATIC=ON)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_ASM_COMPILER aarch64-linux-gnu-g++)
# GCC, left to schedule instructions before it gives out registers, keeps sums of a full register tile on the stack.
set(APP_TARGET_FLAGS "-march=armv8-a -fno-schedule-insns" CACHE STRING "")
