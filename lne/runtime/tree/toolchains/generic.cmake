# Any processor with a C++17 compiler; kernels in plain C++: cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE=toolchains/generic.cmake
set(APP_TARGET_FLAGS "" CACHE STRING "")
