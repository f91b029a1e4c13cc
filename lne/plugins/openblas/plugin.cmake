# OpenBLAS: the matrix products of the plugin openblas. Makes the target lne::openblas where it is found.
set(lne_openblas_name "OpenBLAS")
set(lne_openblas_package "libopenblas-dev")
find_path(LNE_OPENBLAS_INCLUDE openblas_config.h PATH_SUFFIXES openblas)
find_library(LNE_OPENBLAS_LIBRARY openblas)
if(LNE_OPENBLAS_INCLUDE AND LNE_OPENBLAS_LIBRARY AND NOT TARGET lne::openblas)
  add_library(lne::openblas INTERFACE IMPORTED)
  set_target_properties(lne::openblas PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${LNE_OPENBLAS_INCLUDE}" INTERFACE_LINK_LIBRARIES "${LNE_OPENBLAS_LIBRARY}")
endif()
