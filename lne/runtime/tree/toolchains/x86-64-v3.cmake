# x86-64 with AVX2 and FMA, whatever the sources were generated for: cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE=toolchains/x86-64-v3.cmake
set(APP_TARGET_FLAGS "-march=x86-64-v3" CACHE STRING "")
