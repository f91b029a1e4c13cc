# x86-64 with AVX-512, whatever the sources were generated for: cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE=toolchains/x86-64-v4.cmake
set(APP_TARGET_FLAGS "-march=x86-64-v4" CACHE STRING "")
